// SPDX-License-Identifier: Apache-2.0

// Command vetcost measures what "quiesce vet" costs beside "go vet" and staticcheck, on
// a copy of a tree of Go code.
//
//	go run ./cmd/vetcost [flags] [package...]
//
// Each tool has caches of its own, and the tools take turns. The states are
//
//	empty      nothing is cached: dependencies are compiled, and looked at for facts
//	edited     all files of the tree have changed, what is known of others is cached
//	unchanged  nothing has changed since the last run
//
// It prints the medians of CPU (user and system), wall clock and of the memory of the
// largest process. Findings are no failure.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintf(os.Stderr, "vetcost: %v\n", err)
		os.Exit(1)
	}
}

// flags are the command line.
type flags struct {
	dir, quiesce, staticcheck string
	rounds                    int
	noEmpty                   bool
	packages                  []string
}

func parse(args []string, stderr io.Writer) (*flags, error) {
	f := new(flags)
	fs := flag.NewFlagSet("vetcost", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&f.dir, "dir", "..", "`folder` of the tree")
	fs.StringVar(&f.quiesce, "quiesce", "quiesce", "the `program`; empty to leave it out")
	fs.StringVar(&f.staticcheck, "staticcheck", "staticcheck", "the `program`; empty to leave it out")
	fs.IntVar(&f.rounds, "rounds", 5, "how often each is measured")
	fs.BoolVar(&f.noEmpty, "no-empty", false, "leave out the state empty, which takes the longest")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	f.packages = fs.Args()
	if len(f.packages) == 0 {
		f.packages = []string{"./..."}
	}
	if f.rounds < 1 {
		return nil, errors.New("-rounds: want one at least")
	}
	return f, nil
}

// A tool is a program that is measured.
type tool struct {
	name    string
	command []string
	caches  string // the folder of its caches
}

func (f *flags) tools(work string) ([]*tool, error) {
	list := []*tool{{name: "go vet", command: []string{"go", "vet"}}}
	for _, other := range []tool{
		{name: "quiesce vet", command: []string{f.quiesce, "vet"}},
		{name: "staticcheck", command: []string{f.staticcheck}},
	} {
		if other.command[0] == "" {
			continue
		}
		program, err := exec.LookPath(other.command[0])
		if err != nil {
			return nil, err
		}
		if program, err = filepath.Abs(program); err != nil {
			return nil, err
		}
		other.command[0] = program
		list = append(list, &other)
	}
	for _, t := range list {
		t.command = append(t.command, f.packages...)
		t.caches = filepath.Join(work, "caches", strings.ReplaceAll(t.name, " ", "-"))
	}
	return list, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f, err := parse(args, stderr)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "vetcost")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	tools, err := f.tools(work)
	if err != nil {
		return err
	}
	b := &bench{tree: filepath.Join(work, "tree"), log: stderr, costs: map[key][]cost{}}
	if err := os.CopyFS(b.tree, os.DirFS(f.dir)); err != nil {
		return err
	}
	if err := b.rounds(ctx, tools, f); err != nil {
		return err
	}
	return b.print(stdout, tools)
}

// The states, in the order in which they are measured.
const (
	empty     = "empty"
	edited    = "edited"
	unchanged = "unchanged"
)

type key struct{ state, tool string }

// A bench measures on its tree.
type bench struct {
	tree  string
	log   io.Writer
	costs map[key][]cost
}

func (b *bench) rounds(ctx context.Context, tools []*tool, f *flags) error {
	if f.noEmpty { // the caches have to be filled
		for _, t := range tools {
			if _, err := t.run(ctx, b.tree); err != nil {
				return err
			}
		}
	}
	for round := range f.rounds {
		if !f.noEmpty {
			if err := b.round(ctx, empty, tools); err != nil {
				return err
			}
		}
		if err := edit(b.tree, round); err != nil {
			return err
		}
		if err := errors.Join(b.round(ctx, edited, tools), b.round(ctx, unchanged, tools)); err != nil {
			return err
		}
	}
	return nil
}

// round measures each tool once.
func (b *bench) round(ctx context.Context, state string, tools []*tool) error {
	for _, t := range tools {
		if state == empty {
			if err := os.RemoveAll(t.caches); err != nil {
				return err
			}
		}
		c, err := t.run(ctx, b.tree)
		if err != nil {
			return err
		}
		fmt.Fprintf(b.log, "%s %s: %s\n", state, t.name, c)
		b.costs[key{state, t.name}] = append(b.costs[key{state, t.name}], c)
	}
	return nil
}

// edit changes all files of a tree, in a way that means nothing.
func edit(tree string, round int) error {
	return filepath.WalkDir(tree, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.Contains(filepath.ToSlash(path), "/testdata/") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(path, fmt.Appendf(data, "\n// edited in round %d\n", round), 0o644)
	})
}

// A cost is what one run took.
type cost struct {
	cpu, wall time.Duration
	bytes     int64 // of the largest process
}

func (c cost) String() string {
	return fmt.Sprintf("%.2f s of CPU, %.2f s, %d MB", c.cpu.Seconds(), c.wall.Seconds(), c.bytes>>20)
}

// maxFindings is the highest exit code that is no failure: all three tools exit 1 for
// findings.
const maxFindings = 1

func (t *tool) run(ctx context.Context, tree string) (cost, error) {
	cmd := exec.CommandContext(ctx, t.command[0], t.command[1:]...)
	cmd.Dir = tree
	cmd.Env = append(os.Environ(), "GOCACHE="+filepath.Join(t.caches, "go"), "STATICCHECK_CACHE="+filepath.Join(t.caches, "staticcheck"))
	began := time.Now()
	out, err := cmd.CombinedOutput()
	took := time.Since(began)
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() > maxFindings || cmd.ProcessState.ExitCode() < 0 {
		return cost{}, fmt.Errorf("%s: %w\n%s", strings.Join(t.command, " "), err, out)
	}
	p := cmd.ProcessState
	return cost{p.UserTime() + p.SystemTime(), took, largest(p)}, nil
}

func (b *bench) print(w io.Writer, tools []*tool) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "state\ttool\tCPU\t×\twall\t×\tMB\t×\t") // Flush tells of errors
	for _, state := range []string{empty, edited, unchanged} {
		base := median(b.costs[key{state, tools[0].name}])
		for _, tool := range tools {
			if runs := b.costs[key{state, tool.name}]; len(runs) > 0 {
				c := median(runs)
				fmt.Fprintf(t, "%s\t%s\t%.2f s\t%.2f\t%.2f s\t%.2f\t%d\t%.2f\t\n", state, tool.name,
					c.cpu.Seconds(), ratio(c.cpu, base.cpu), c.wall.Seconds(), ratio(c.wall, base.wall), c.bytes>>20, ratio(c.bytes, base.bytes))
			}
		}
	}
	return t.Flush()
}

func ratio[N time.Duration | int64](a, b N) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// median returns the median of each kind of cost.
func median(runs []cost) cost {
	return cost{
		middle(runs, func(c cost) time.Duration { return c.cpu }),
		middle(runs, func(c cost) time.Duration { return c.wall }),
		middle(runs, func(c cost) int64 { return c.bytes }),
	}
}

func middle[N cmp.Ordered](runs []cost, of func(cost) N) N {
	var values []N
	for _, c := range runs {
		values = append(values, of(c))
	}
	slices.Sort(values)
	if len(values) == 0 {
		var none N
		return none
	}
	return values[len(values)/2]
}
