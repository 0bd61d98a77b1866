// SPDX-License-Identifier: Apache-2.0

package claim

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/go-quiesce/quiesce/quiescetest"
)

// A Trial is one run of a claim's experiment. It is a test: its methods must be
// called on the trial's own goroutine. Fatal and its like are for an experiment
// that could not be made, never for what it observed.
type Trial struct {
	testing.TB
	result *Result
	builds *builds
}

// Told records whether something was seen that must be seen if the claim is
// right as told. The verdict follows from these alone: all seen, the claim
// holds; none, it is false; otherwise it depends, and the page lists the texts
// under "as told" and "not as told". A text reads well there: "SIGTERM: exit
// code 2".
func (x *Trial) Told(seen bool, text string, args ...any) {
	x.result.Predictions = append(x.result.Predictions, Prediction{fmt.Sprintf(text, args...), seen})
}

// Fact asserts a sentence of what really happens. The test fails if it is not
// so, because the page says it.
func (x *Trial) Fact(ok bool, sentence string) {
	x.Helper()
	x.Measured(ok, sentence, "")
}

// Measured is Fact with figures that may differ from run to run.
func (x *Trial) Measured(ok bool, sentence, figures string, args ...any) {
	x.Helper()
	f := Fact{Text: sentence}
	if figures != "" {
		f.Figures = fmt.Sprintf(figures, args...)
	}
	x.result.Facts = append(x.result.Facts, f)
	if !ok {
		x.Errorf("%s: not so: %s (%s)", x.result.Claim.ID, sentence, f.Figures)
	}
}

// CannotRun ends the trial of a claim that cannot be settled on this machine.
func (x *Trial) CannotRun(why string, args ...any) {
	x.Helper()
	x.result.Skipped = fmt.Sprintf(why, args...)
	x.Skipf("%s: cannot be run here: %s", x.result.Claim.ID, x.result.Skipped)
}

// Program returns the command that starts a program of the claim in a process
// of its own. Set more of it before Start if need be.
func (x *Trial) Program(name string, args ...string) quiescetest.Command {
	x.Helper()
	if x.result.Claim.Programs[name] == nil {
		x.Fatalf("%s has no program %q", x.result.Claim.ID, name)
	}
	return quiescetest.Child(x, x.result.Claim.ID+"/"+name, args...)
}

// Start starts a program of the claim and waits until it has printed "ready".
func (x *Trial) Start(name string, args ...string) *quiescetest.Process {
	x.Helper()
	c := x.Program(name, args...)
	c.Ready = "ready"
	return c.Start(x)
}

// Run runs a program of the claim that ends by itself.
func (x *Trial) Run(name string, args ...string) *quiescetest.Result {
	x.Helper()
	return x.Program(name, args...).Start(x).Wait()
}

// Build compiles the program in contract/testdata/programs/<name> and returns
// the binary: for those that need cgo, another architecture or the race
// detector. env and flags are given to "go build". Trials that build the same
// share the binary.
func (x *Trial) Build(name string, env []string, flags ...string) string {
	x.Helper()
	bin, err := x.builds.once(fmt.Sprint(name, env, flags), func(bin string) error {
		args := append([]string{"build", "-buildvcs=false", "-o", bin}, flags...)
		_, err := goTool(x.Context(), env, append(args, "./testdata/programs/"+name)...)
		return err
	})
	if err != nil {
		x.Fatal(err)
	}
	return bin
}

// GoTool runs the go command that built this test and returns what it printed.
func (x *Trial) GoTool(env []string, args ...string) string {
	x.Helper()
	out, err := goTool(x.Context(), env, args...)
	if err != nil {
		x.Fatal(err)
	}
	return out
}

func goTool(ctx context.Context, env []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return string(out), nil
}

// Children has this process be the program that it was started as, if it was;
// see [quiescetest.Children].
func Children(catalogue []Claim) {
	programs := map[string]func(){}
	for _, c := range catalogue {
		for name, f := range c.Programs {
			programs[c.ID+"/"+name] = f
		}
	}
	quiescetest.Children(programs)
}
