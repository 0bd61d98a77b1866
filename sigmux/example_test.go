// SPDX-License-Identifier: Apache-2.0

package sigmux_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/go-quiesce/quiesce/sigmux"
)

// A program that only needs Ctrl-C. The second one kills it; in a real main the
// last line is os.Exit(sigmux.ExitCode(ctx, err)).
func ExampleNotifyContext() {
	importAll := func(ctx context.Context) error {
		for range 3 {
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		return nil
	}

	ctx, stop := sigmux.NotifyContext(context.Background())
	err := importAll(ctx)
	stop()
	fmt.Println("exit code", sigmux.ExitCode(ctx, err))
	// Output: exit code 0
}

// The same in a test: signals come from a Fake, and the cause says which.
func ExampleNotifyContextFrom() {
	src := sigmux.NewFake()
	ctx, stop := sigmux.NotifyContextFrom(context.Background(), src)
	defer stop()

	src.Send(syscall.SIGTERM)
	<-ctx.Done()
	cause := context.Cause(ctx)
	s, ok := errors.AsType[*sigmux.SignalError](cause)
	fmt.Println(cause, ok, s.ExitCode())
	fmt.Println("taken still:", src.Send(syscall.SIGTERM))
	// Output:
	// terminated by SIGTERM true 143
	// taken still: false
}

// A program that owns its signals: Ctrl-C and TERM stop it in steps, HUP
// reloads. In a real program the source is sigmux.OS().
func ExampleMux() {
	src, steps, reloaded := sigmux.NewFake(), make(chan sigmux.Step), make(chan bool)
	for _, trap := range sigmux.Inherited(src) {
		fmt.Fprintln(os.Stderr, trap)
	}

	mux := sigmux.New(src)
	defer mux.Close()
	mux.OnFault(func(f sigmux.Fault) { fmt.Fprintln(os.Stderr, f) })
	err := errors.Join(
		mux.Escalate(sigmux.Interactive(), func(_ sigmux.Delivery, s sigmux.Step) { steps <- s }),
		handle(mux, syscall.SIGHUP, "reload", func(sigmux.Delivery) { reloaded <- true }, sigmux.Timeout(time.Minute)),
		mux.Listen(),
	)
	if err != nil {
		fmt.Println(err)
		return
	}

	src.Send(syscall.SIGHUP)
	fmt.Println("reloaded:", <-reloaded)
	src.Send(syscall.SIGTERM)
	fmt.Println(<-steps)
	src.Send(os.Interrupt)
	fmt.Println(<-steps)
	// Output:
	// reloaded: true
	// graceful
	// hurried
}

// handle is for programs that never mask or remove a route.
func handle(m *sigmux.Mux, sig os.Signal, name string, f func(sigmux.Delivery), opts ...sigmux.RouteOption) error {
	_, err := m.Handle(sig, name, f, opts...)
	return err
}

// While a route is masked its signals wait; then it hears of them once.
func ExampleRoute_Mask() {
	src, seen, told := sigmux.NewFake(), make(chan bool), make(chan int)
	mux := sigmux.New(src)
	defer mux.Close()
	route, err := mux.Handle(syscall.SIGHUP, "reload", func(d sigmux.Delivery) { told <- d.Count })
	if err == nil {
		err = errors.Join(handle(mux, syscall.SIGHUP, "log", func(sigmux.Delivery) { seen <- true }), mux.Listen())
	}
	if err != nil {
		fmt.Println(err)
		return
	}

	route.Mask()
	for range 3 {
		src.Send(syscall.SIGHUP)
		<-seen // the other route is not masked
	}
	route.Unmask()
	fmt.Println("reload once, for", <-told)
	// Output: reload once, for 3
}
