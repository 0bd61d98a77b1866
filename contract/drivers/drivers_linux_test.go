// SPDX-License-Identifier: Apache-2.0

package drivers

import (
	"flag"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

var update = flag.Bool("update", false, "write the page and the verdicts seen")

func TestDrivers(t *testing.T) {
	claim.Catalogue{
		Claims: catalogue(),
		Page: claim.Page{
			Intro:    intro,
			Chapters: []claim.Chapter{{Letter: "D", Title: "Databases"}},
			Machine:  machine(t),
		},
		File:     "../../docs/reference/contract-drivers.md",
		SeenFile: "testdata/seen.txt",
	}.Check(t, *update)
}

const intro = `# The contract: real drivers

[The contract](contract.md) says in D02 what database/sql does by itself when a
context ends during a query. What follows is what drivers make of it, each with
its server. The verdict is computed from what was observed, and every sentence
under "What happens" is asserted by a test. Figures in _(italics)_ differ from
run to run.

This page is generated. To settle the claims on your machine:

	go test ./contract/drivers -v

PostgreSQL and MariaDB are started if they are installed, on a loopback port.
`

// machine describes where the page is made, and with which drivers.
func machine(t *testing.T) string {
	data, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	words := []string{runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
	for line := range strings.Lines(string(data)) {
		for _, driver := range []string{"modernc.org/sqlite ", "github.com/jackc/pgx/v5 ", "github.com/go-sql-driver/mysql "} {
			if line = strings.TrimSpace(line); strings.HasPrefix(line, driver) {
				words = append(words, line)
			}
		}
	}
	return strings.Join(words, ", ") + ", on " + time.Now().Format(time.DateOnly)
}
