// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"runtime"
	"sync"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// g11 is about functions that are to run once, and panic.
func g11() claim.Claim {
	return claim.Claim{
		ID:   "G11",
		Told: "A sync.Once whose function panics runs it again the next time.",
		Trial: func(x *claim.Trial) {
			var once sync.Once
			var calls [4]int
			fail := func(i int) { calls[i]++; panic(i + 1) }
			tries := []struct {
				name string
				call func()
			}{
				{"sync.Once.Do", func() { once.Do(func() { fail(0) }) }},
				{"sync.OnceFunc", sync.OnceFunc(func() { fail(1) })},
				{"sync.OnceValue", ignoring(sync.OnceValue(func() int { fail(2); return 0 }))},
				{"sync.OnceValues", ignoring2(sync.OnceValues(func() (int, error) { fail(3); return 0, nil }))},
			}
			var first, second [4]any
			for i, t := range tries {
				first[i], second[i] = panicOf(t.call), panicOf(t.call)
				x.Told(calls[i] > 1, "%s", t.name)
			}
			x.Fact(calls == [4]int{1, 1, 1, 1} && first == [4]any{1, 2, 3, 4}, "The function runs once, and its panic reaches the caller that made it run.")
			x.Fact(second[0] == nil, "After that `Once.Do` returns at once and without a panic: later callers believe that all is set up, and use what is not there.")
			x.Fact(second == [4]any{nil, 2, 3, 4}, "`OnceFunc`, `OnceValue` and `OnceValues` panic with the same value in every later call.")
			x.Fact(waiterPassed(), "Callers that were waiting in `Once.Do` while the function panicked go on in the same way: without a panic.")
			exited, after := onceExits()
			x.Fact(!exited && after, "A function that calls runtime.Goexit (`t.FailNow`, say) is done as well for `Once.Do`.")
			first[1], second[1] = onceFuncExits()
			x.Fact(isPanicNil(first[1]) && isPanicNil(second[1]), "In `OnceFunc` the same Goexit becomes a panic, in this call and all later ones: `panic called with nil argument` (sync/oncefunc.go).")
		},
		So:  "For a setup that can fail use `sync.OnceValues` and keep the error, or `OnceFunc` where a failure is final. To try again after a failure, use a mutex and a flag that is set at the end.",
		Vet: "sync.Once.Do with a function that can panic, or whose error is dropped, before something that relies on it",
	}
}

func ignoring(f func() int) func()           { return func() { f() } }
func ignoring2(f func() (int, error)) func() { return func() { _, _ = f() } }

// waiterPassed says whether a call that comes while the function runs returns as
// if the function had succeeded.
func waiterPassed() bool {
	var once sync.Once
	running, fail := make(chan struct{}), make(chan struct{})
	first := started(func() {
		_ = panicOf(func() {
			once.Do(func() {
				close(running)
				<-fail
				panic("failed")
			})
		})
	})
	<-running
	var ran bool
	var value any
	second := started(func() { value = panicOf(func() { once.Do(func() { ran = true }) }) })
	close(fail)
	<-first
	<-second
	return !ran && value == nil
}

// onceFuncExits returns what two calls panic with if the function calls Goexit.
func onceFuncExits() (first, second any) {
	call := sync.OnceFunc(runtime.Goexit)
	<-started(func() {
		defer func() { first = recover() }()
		call()
	})
	return first, panicOf(call)
}

func isPanicNil(value any) bool {
	_, ok := value.(*runtime.PanicNilError)
	return ok
}

// onceExits says whether a Do whose function calls Goexit returned to its caller,
// and whether the next Do returned without running anything.
func onceExits() (returned, passed bool) {
	var once sync.Once
	<-started(func() {
		once.Do(runtime.Goexit)
		returned = true
	})
	passed = true
	once.Do(func() { passed = false })
	return returned, passed
}
