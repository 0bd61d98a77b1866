// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/go-quiesce/quiesce"
)

// childEnding runs one of the endings and exitsGoexit with what Main returns.
func childEnding() { os.Exit(endings[os.Args[1]]()) }

// endings are small programs that end by themselves, by name.
var endings = map[string]func() int{
	"shutdown": func() int { return mainOf(shutdownPiece(nil)) },
	"before run": func() int {
		app := buildApp(nil, startPiece(failsBroken), runPiece(errChildBroken))
		app.Shutdown(nil)
		return app.Main()
	},
	"run may end": func() int { return mainOf(runPiece(nil, quiesce.MayEnd()), shutdownPiece(nil)) },

	"run fails":        func() int { return mainOf(runPiece(errChildBroken)) },
	"run ended":        func() int { return mainOf(runPiece(nil)) },
	"run panics":       func() int { return mainOf(piece(quiesce.Component{Run: panicsOops})) },
	"run exits":        func() int { return mainOf(piece(quiesce.Component{Run: exitsGoexit})) },
	"run's code":       func() int { return mainOf(runPiece(fmt.Errorf("work: %w", exitCodeError(42)))) },
	"run's code 0":     func() int { return mainOf(runPiece(exitCodeError(0))) },
	"run's code 255":   func() int { return mainOf(runPiece(exitCodeError(255))) },
	"run's code -1":    func() int { return mainOf(runPiece(exitCodeError(-1))) },
	"run's code 256":   func() int { return mainOf(runPiece(exitCodeError(256))) },
	"shutdown's code":  func() int { return mainOf(shutdownPiece(exitCodeError(7))) },
	"first cause wins": func() int { return mainOf(endPiece(exitCodeError(42)), runPiece(nil)) },

	"stop fails":  func() int { return mainOf(stopPiece(failsBroken), shutdownPiece(nil)) },
	"stop panics": func() int { return mainOf(stopPiece(panicsOops), shutdownPiece(nil)) },
	"stop exits":  func() int { return mainOf(stopPiece(exitsGoexit), shutdownPiece(nil)) },
	"drain over limit": func() int {
		return mainOf(drainPiece(hangForever, quiesce.Limit(quiesce.PhaseDrain, overrunLimit)), shutdownPiece(nil))
	},
	"drain over phase": func() int { return shortDrain(drainPiece(hangForever), shutdownPiece(nil)) },
	"stop over grace":  func() int { return briefMain(stopPiece(hangForever), shutdownPiece(nil)) },
	"ignored ending":   func() int { return mainOf(endPiece(errChildBroken), shutdownPiece(nil)) },

	"start fails":    func() int { return mainOf(startPiece(failsBroken)) },
	"start panics":   func() int { return mainOf(startPiece(panicsOops)) },
	"start exits":    func() int { return mainOf(startPiece(exitsGoexit)) },
	"start overruns": func() int { return mainOf(startPiece(hangForever, quiesce.Limit(quiesce.PhaseStart, overrunLimit))) },
	"start's code":   func() int { return mainOf(startPiece(func(context.Context) error { return exitCodeError(42) })) },
	"mistake":        func() int { return mainOf(piece(quiesce.Component{})) },
	"late mistake":   func() int { return mainOf(addsTooLate) },

	"jobs done":       func() int { return mainOf(runPiece(nil, quiesce.Job()), runPiece(nil, quiesce.Job())) },
	"job fails":       func() int { return mainOf(runPiece(errChildBroken, quiesce.Job())) },
	"job interrupted": func() int { return mainOf(jobPiece, shutdownPiece(nil)) },

	"unclean and start failed":    func() int { return mainOf(stopPiece(failsBroken), startPiece(failsBroken)) },
	"incomplete and start failed": func() int { return briefMain(stopPiece(hangForever), startPiece(failsBroken)) },
	"unclean and own code":        func() int { return mainOf(stopPiece(failsBroken), runPiece(exitCodeError(42))) },
	"incomplete and own code":     func() int { return briefMain(stopPiece(hangForever), runPiece(exitCodeError(42))) },
	"unclean and failure":         func() int { return mainOf(stopPiece(failsBroken), runPiece(errChildBroken)) },
	"incomplete and failure":      func() int { return briefMain(stopPiece(hangForever), runPiece(errChildBroken)) },
	"unclean and interrupted":     func() int { return mainOf(stopPiece(failsBroken), jobPiece, shutdownPiece(nil)) },

	"second app": func() int {
		if code := mainOf(shutdownPiece(nil)); code != quiesce.CodeOK {
			return -1
		}
		return mainOf(shutdownPiece(nil))
	},
	"main twice": func() int {
		app := buildApp(nil, shutdownPiece(nil))
		if code := app.Main(); code != quiesce.CodeOK {
			return -1
		}
		return app.Main()
	},
	"main after run": func() int {
		app := buildApp(nil, shutdownPiece(nil))
		if err := app.Run(context.Background()); err != nil {
			return -1
		}
		return app.Main()
	},
	"nil error of run": func() int { return mainOf(runPiece((*nilError)(nil))) },
	"nil error of stop": func() int {
		return mainOf(stopPiece(func(context.Context) error { return (*nilError)(nil) }), shutdownPiece(nil))
	},
	"nil error as cause": func() int { return mainOf(shutdownPiece((*nilError)(nil))) },
	"error of run hangs": func() int { return shortDrain(runPiece(stuckError{}), shutdownPiece(nil)) },
	"error of stop hangs": func() int {
		return briefMain(stopPiece(func(context.Context) error { return stuckError{} }), shutdownPiece(nil))
	},
}

var errChildBroken = errors.New("broken")

// An exitCodeError wants to be the exit code.
type exitCodeError int

func (e exitCodeError) Error() string { return fmt.Sprintf("wants code %d", int(e)) }
func (e exitCodeError) ExitCode() int { return int(e) }

// A stuckError never says what it is.
type stuckError struct{}

func (stuckError) Error() string { _ = hangForever(context.Background()); return "" }

// A nilError is the classic mistake: a nil pointer in a non-nil error.
type nilError struct{ text string }

func (e *nilError) Error() string { return e.text }

// overrunLimit is a limit that is sure to be overrun by what hangs.
const overrunLimit = 50 * time.Millisecond

func failsBroken(context.Context) error { return errChildBroken }
func panicsOops(context.Context) error  { panic("oops") }
func exitsGoexit(context.Context) error { runtime.Goexit(); return nil }

// hangForever ignores its context. Its timer keeps the runtime from calling a
// process in which nothing else happens a deadlock.
func hangForever(context.Context) error {
	for {
		time.Sleep(time.Hour)
	}
}

// A pieceFunc makes one component of an app.
type pieceFunc func(*quiesce.App) (quiesce.Component, []quiesce.AddOption)

func piece(c quiesce.Component, opts ...quiesce.AddOption) pieceFunc {
	return func(*quiesce.App) (quiesce.Component, []quiesce.AddOption) { return c, opts }
}

func runPiece(err error, opts ...quiesce.AddOption) pieceFunc {
	return piece(quiesce.Component{Run: func(context.Context) error { return err }}, opts...)
}

func startPiece(f func(context.Context) error, opts ...quiesce.AddOption) pieceFunc {
	return piece(quiesce.Component{Start: f}, opts...)
}

func drainPiece(f func(context.Context) error, opts ...quiesce.AddOption) pieceFunc {
	return piece(quiesce.Component{Drain: f}, opts...)
}

func stopPiece(f func(context.Context) error) pieceFunc { return piece(quiesce.Component{Stop: f}) }

// endPiece is a Run that fails when it is asked to end.
func endPiece(err error) pieceFunc {
	return piece(quiesce.Component{Run: func(ctx context.Context) error { <-ctx.Done(); return err }})
}

var jobPiece = piece(quiesce.Component{Run: runUntilAsked}, quiesce.Job())

// shutdownPiece asks the app to stop when everything runs.
func shutdownPiece(cause error) pieceFunc {
	return func(app *quiesce.App) (quiesce.Component, []quiesce.AddOption) {
		return quiesce.Component{Run: func(ctx context.Context) error {
			<-app.Reached(quiesce.StateRunning)
			app.Shutdown(cause)
			return runUntilAsked(ctx)
		}}, nil
	}
}

func addsTooLate(app *quiesce.App) (quiesce.Component, []quiesce.AddOption) {
	return quiesce.Component{Run: func(ctx context.Context) error {
		app.Add("late", quiesce.Component{Stop: quiesce.Nothing})
		return runUntilAsked(ctx)
	}}, nil
}

// buildApp makes an app in which each part needs the one before it.
func buildApp(opts []quiesce.Option, parts ...pieceFunc) *quiesce.App {
	app := quiesce.New("ending", opts...)
	var below *quiesce.Handle
	for i, m := range parts {
		c, opts := m(app)
		below = app.Add(fmt.Sprintf("part %d", i), c, append(opts, quiesce.Needs(below))...)
	}
	return app
}

func mainOf(parts ...pieceFunc) int { return buildApp(nil, parts...).Main() }

// briefMain is mainOf with a grace period that what hangs is sure to overrun.
func briefMain(parts ...pieceFunc) int {
	return buildApp([]quiesce.Option{quiesce.WithGracePeriod(300 * time.Millisecond)}, parts...).Main()
}

// shortDrain is mainOf with a drain phase that what hangs is sure to overrun.
func shortDrain(parts ...pieceFunc) int {
	return buildApp([]quiesce.Option{quiesce.WithPhaseLimit(quiesce.PhaseDrain, overrunLimit)}, parts...).Main()
}
