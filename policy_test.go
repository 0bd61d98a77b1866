// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"os"
	"testing"

	"github.com/go-quiesce/quiesce/internal/policy"
)

// TestPolicy applies the repository's own rules to the repository. That each
// rule can fail is shown in internal/policy.
func TestPolicy(t *testing.T) {
	tree, err := policy.Load(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.Modules) < 2 || len(tree.Packages) < 2 {
		t.Fatalf("found %d modules and %d packages: not the root of the repository", len(tree.Modules), len(tree.Packages))
	}
	for _, rule := range policy.Rules() {
		t.Run(rule.Name, func(t *testing.T) {
			for _, broken := range rule.Check(tree) {
				t.Error(broken)
			}
		})
	}
}
