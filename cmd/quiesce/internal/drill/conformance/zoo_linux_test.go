// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// A species is one server of the zoo, as it describes itself.
type species struct {
	Name  string   `json:"name"`
	About string   `json:"about"` // what is wrong with it, or "correct"
	Finds []string `json:"finds"` // checks of which at least one has to fail; none: it is correct
	Also  []string `json:"also"`  // checks that may fail too
	Flags []string `json:"flags"` // of the drill
	URL   string   `json:"url"`   // for the drill, with {port}

	argv []string // of its server
}

func (s *species) correct() bool { return len(s.Finds) == 0 }

// writes reports whether the server needs a directory that outlives it.
func (s *species) writes() bool { return slices.Contains(s.Flags, "--write") }

// command returns the server's command line.
func (s *species) command(dir string) []string {
	argv := append(slices.Clone(s.argv), "-species", s.Name, "-addr", "127.0.0.1:{port}")
	if s.writes() {
		argv = append(argv, "-dir", dir)
	}
	return argv
}

// A house is one program of the zoo.
type house struct {
	name string
	argv []string
}

// species asks the program for what it can be.
func (h *house) species() ([]species, error) {
	out, err := exec.Command(h.argv[0], append(h.argv[1:], "-list")...).Output()
	if err != nil {
		return nil, fmt.Errorf("%s -list: %w", h.name, err)
	}
	var all []species
	if err := json.Unmarshal(out, &all); err != nil {
		return nil, fmt.Errorf("%s -list: %w", h.name, err)
	}
	for i := range all {
		all[i].argv = h.argv
	}
	return all, nil
}

const command = "../../.." // from here to cmd/quiesce

// programs are what the test runs.
type programs struct {
	quiesce string
	houses  []house
	missing []string // houses that are not there
}

var built string // where programs are built; set by TestMain

// build builds the command and the server in Go, once, and finds the others.
var build = sync.OnceValues(func() (*programs, error) {
	zoo, err := filepath.Abs(filepath.Join(command, "testdata", "zoo"))
	if err != nil {
		return nil, err
	}
	p := &programs{quiesce: filepath.Join(built, "quiesce")}
	server := filepath.Join(built, "goserver")
	for _, b := range []struct{ to, from string }{{p.quiesce, "."}, {server, "./testdata/zoo/goserver"}} {
		c := exec.Command("go", "build", "-buildvcs=false", "-o", b.to, b.from)
		c.Dir = command
		if out, err := c.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("go build %s: %w\n%s", b.from, err, out)
		}
	}
	p.houses = []house{{"go", []string{server}}}
	for _, h := range []struct{ name, interpreter, file string }{{"python", "python3", "server.py"}, {"node", "node", "server.mjs"}} {
		path, err := exec.LookPath(h.interpreter)
		if err != nil {
			p.missing = append(p.missing, h.name)
			continue
		}
		p.houses = append(p.houses, house{h.name, []string{path, filepath.Join(zoo, h.file)}})
	}
	return p, nil
})

func TestMain(m *testing.M) {
	var err error
	if built, err = os.MkdirTemp("", "zoo-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(built)
	os.Exit(code)
}
