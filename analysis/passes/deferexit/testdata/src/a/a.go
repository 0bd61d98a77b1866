// SPDX-License-Identifier: Apache-2.0

package a

import (
	"io"
	"log"
	"net/http"
	"os"
	"runtime/pprof"
	"sync"
)

const pidFile = "/run/a.pid"

func afterFatal(db io.Closer) {
	log.Fatal(http.ListenAndServe(":80", nil))
	defer db.Close() // want `the deferred db.Close is never reached: log.Fatal before it always ends the process`
}

func usage() {
	println("usage")
	os.Exit(2)
}

func afterHelper(db io.Closer) {
	usage()
	println("x")
	defer db.Close() // want `never reached: usage before it always ends the process`
}

func afterLoop(db io.Closer, jobs chan func()) {
	for {
		select {
		case job := <-jobs:
			job()
			break
		}
	}
	defer db.Close() // want `never reached: the loop before it has no end`
}

func afterSelect() {
	select {}
	defer func() { println("bye") }() // want `the deferred function is never reached: the select before it blocks for good`
}

func afterBoth(n int) {
	if n > 0 {
		os.Exit(0)
	} else {
		os.Exit(1)
	}
	defer println("bye") // want `what is before it always ends the process`
}

func order(code int) {
	defer os.Remove(pidFile)
	defer os.Exit(code) // want `the deferred os.Exit runs before the deferred os.Remove of line \d+, which is skipped: the file stays behind`
}

func orderInFunc() {
	defer pprof.StopCPUProfile()
	defer func() {
		if r := recover(); r != nil {
			log.Println(r)
			os.Exit(1) // exitdefer reports it
		}
	}()
}

func rightOrder(code int) {
	defer os.Exit(code)
	defer os.Remove(pidFile)
}

func nothingLost(mu *sync.Mutex, f *os.File) {
	mu.Lock()
	defer mu.Unlock()
	defer f.Close()
	defer os.Exit(1)
}

func reached(db io.Closer, n int) {
	if n > 0 {
		log.Fatal("n")
	}
	defer db.Close()
	switch n {
	case 1:
		os.Exit(1)
	case 2:
		defer db.Close()
	}
	for {
		if n > 0 {
			break
		}
	}
	defer db.Close()
	goto end
	os.Exit(3)
end:
	defer db.Close()
}

func labelled(db io.Closer) {
outer:
	for {
		for {
			break outer
		}
	}
	defer db.Close()
}

func off(code int) {
	defer os.Remove(pidFile)
	defer os.Exit(code) //quiesce:ignore deferexit the file is on a tmpfs
}
