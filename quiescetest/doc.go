// SPDX-License-Identifier: Apache-2.0

// Package quiescetest tests programs built with quiesce.
//
// [Start] runs an app under a test: it waits until the app is running, gives it
// a fake source of signals, records its events, and stops it when the test is
// over, which fails if the stop was not clean:
//
//	r := quiescetest.Start(t, newApp(fakes))
//	r.Signal(syscall.SIGTERM)
//	if report := r.Wait(); report.Code != 0 {
//		t.Error(report.Text())
//	}
//
// A [Recorder] keeps the events. It can call the test before something happens
// and hold it up there, so that a test asserts order without sleeping; and it
// writes them as text that is the same in every run, to be compared with a
// golden file. All of this works inside a testing/synctest bubble, where time
// is virtual and every duration in that text is exact.
//
// [NoLeaks] fails a test that leaves goroutines behind, and is not confused by others
// that run in parallel; [RunNoLeaks] does the same for a whole package, [NoLeaksIn]
// and [NoGrowth] for a scope. [AssertStops] fails one that waits too long. All of them
// say where what is left hangs, and whether it can ever wake: see [Leak].
//
// What cannot be tested in one process, real signals and exit codes, needs a
// real child process, for which there are helpers too. What its clients lose when
// it stops under load is counted by the package quiescetest/drops.
package quiescetest
