// SPDX-License-Identifier: Apache-2.0

package main

import (
	"a/helper"
	"a/tracing"
	"io"
	"os"
)

func byInterface(l helper.Leveled, q helper.Quiet) {
	defer os.Remove(pidFile)
	l.Infof("serve")
	if err := serve(); err != nil {
		l.Fatalf("serve: %v", err) // want `l.Fatalf skips the deferred os.Remove`
	}
	q.Fatalln("goes on")
}

func traced() {
	closer, err := tracing.Init()
	if err != nil {
		os.Exit(1)
	}
	defer closer.Close()
	if err := serve(); err != nil {
		os.Exit(1) // want `os.Exit skips the deferred closer.Close of line \d+`
	}
}

func otherCloser(open func() (io.Closer, error)) {
	closer, err := open()
	if err != nil {
		os.Exit(1)
	}
	defer closer.Close()
	os.Exit(1)
}
