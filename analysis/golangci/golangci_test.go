// SPDX-License-Identifier: Apache-2.0

package golangci_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/golangci/plugin-module-register/register"
	goanalysis "golang.org/x/tools/go/analysis"

	"github.com/go-quiesce/quiesce/analysis"
	"github.com/go-quiesce/quiesce/analysis/golangci"
)

// analyzers does what golangci-lint does with a plugin.
func analyzers(t *testing.T, conf any) []string {
	t.Helper()
	create, err := register.GetPlugin(golangci.Name)
	if err != nil {
		t.Fatal(err)
	}
	plugin, err := create(conf)
	if err != nil {
		t.Fatal(err)
	}
	if mode := plugin.GetLoadMode(); mode != register.LoadModeTypesInfo {
		t.Errorf("load mode %q, want %q", mode, register.LoadModeTypesInfo)
	}
	list, err := plugin.BuildAnalyzers()
	if err != nil {
		t.Fatal(err)
	}
	if err := goanalysis.Validate(list); err != nil {
		t.Error(err)
	}
	return names(list)
}

func names(list []*goanalysis.Analyzer) []string {
	var out []string
	for _, a := range list {
		out = append(out, a.Name)
	}
	return out
}

func TestPluginIsTheSuite(t *testing.T) {
	if got, want := analyzers(t, nil), names(analysis.Suite()); !slices.Equal(got, want) {
		t.Errorf("the plugin has %v, want %v", got, want)
	}
}

func TestSettings(t *testing.T) {
	if got := analyzers(t, map[string]any{"checks": []any{"timeafter"}}); !slices.Equal(got, []string{"timeafter"}) {
		t.Errorf("with one check the plugin has %v", got)
	}
	if got := analyzers(t, map[string]any{"skip": []any{"timeafter"}}); slices.Contains(got, "timeafter") || !slices.Contains(got, "ignore") {
		t.Errorf("without timeafter the plugin has %v", got)
	}
}

func TestWrongSettings(t *testing.T) {
	for want, conf := range map[string]any{
		`no check "timeaftr"`: map[string]any{"skip": []any{"timeaftr"}},
		"unknown field":       map[string]any{"cheks": []any{"timeafter"}},
	} {
		if _, err := golangci.New(conf); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("settings %v: error %v, want one with %q", conf, err, want)
		}
	}
}
