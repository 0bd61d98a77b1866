// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"log"
	"os"
	"sync"

	"a/tracing"
)

func inDeferred(srv io.Closer) {
	trac, err := tracing.New()
	if err != nil {
		return
	}
	defer trac.Close()
	defer func() {
		if err := srv.Close(); err != nil {
			os.Exit(1) // want `os.Exit skips the deferred trac.Close of line \d+ in inDeferred: what is not sent yet is lost`
		}
		if recover() != nil {
			log.Fatal("panic") // want `log.Fatal skips the deferred trac.Close of line \d+ in inDeferred`
		}
	}()
}

func closeOrExit(srv io.Closer) {
	if err := srv.Close(); err != nil {
		log.Fatal(err) // want `log.Fatal skips the deferred os.Remove of line \d+ in deferredFunction: the file stays behind`
	}
}

func deferredFunction(srv io.Closer) {
	defer os.Remove("deferred.pid")
	defer closeOrExit(srv)
}

func calledDeferred(srv io.Closer) {
	defer func() {
		if srv.Close() != nil {
			os.Exit(1) // want `os.Exit skips the deferred os.Remove of line \d+ in callsDeferred: the file stays behind`
		}
	}()
}

func callsDeferred(srv io.Closer) {
	defer os.Remove("called.pid")
	calledDeferred(srv)
}

func deferredFirst(srv io.Closer) {
	defer func() {
		if srv.Close() != nil {
			os.Exit(1)
		}
	}()
	defer os.Remove("first.pid")
}

func deferredNothingLost(srv io.Closer, mu *sync.Mutex, f *os.File, count tracing.Counter) {
	mu.Lock()
	defer mu.Unlock()
	defer f.Close()
	defer count.Close()
	defer func() {
		if srv.Close() != nil {
			os.Exit(1)
		}
	}()
}

func deferredDoesIt(srv io.Closer) {
	defer os.Remove("hand.pid")
	defer func() {
		if srv.Close() != nil {
			os.Remove("hand.pid")
			os.Exit(1)
		}
	}()
}

func doneAfterDefer(srv io.Closer) {
	defer os.Remove("after.pid")
	defer func() {
		if srv.Close() != nil {
			os.Exit(1)
		}
	}()
	println("work")
	os.Remove("after.pid")
}

func deferredStarts(srv io.Closer) {
	defer os.Remove("starts.pid")
	defer func() {
		go func() {
			if srv.Close() != nil {
				os.Exit(1)
			}
		}()
	}()
}
