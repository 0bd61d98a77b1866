// SPDX-License-Identifier: Apache-2.0

package handled

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"
)

func TestAnalyzer(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), Analyzer, "a", "b", "q")
}

// Other modules may take signals if they are asked to.
func TestOtherModules(t *testing.T) {
	all := &taken{Modules: map[string]Program{}}
	all.add("m", Program{Takes: []string{"SIGINT"}})
	all.add("other", Program{Takes: []string{"SIGTERM"}})
	p := all.program("m")
	if len(p.Takes) != 1 || len(p.Perhaps) != 1 || p.Perhaps[0] != "SIGTERM" || p.Unknown {
		t.Errorf("program %+v", p)
	}
}
