// SPDX-License-Identifier: Apache-2.0

package quiescetest

import (
	"context"
	"fmt"
	"runtime/pprof"
	"strings"
	"sync"
)

// LabelTest is the profiler label by which [NoLeaks] knows a test's goroutines. Its
// value is the test's name with a number: with -count or -cpu a test runs again, and
// what the first run has left is not the second one's.
const LabelTest = "test"

// entered are the labels of the tests that run, by name, so that other helpers that
// set labels need not be told.
var entered struct {
	sync.Mutex
	n      int
	labels map[string]string
}

// enter returns a new label for a test, and what forgets it.
func enter(name string) (label string, forget func()) {
	e := &entered
	e.Lock()
	defer e.Unlock()
	e.n++
	label = fmt.Sprintf("%s (%d)", name, e.n)
	if e.labels == nil {
		e.labels = make(map[string]string)
	}
	outer, nested := e.labels[name] // that of a bubble's test has the same name
	e.labels[name] = label
	return label, func() {
		e.Lock()
		defer e.Unlock()
		if nested {
			e.labels[name] = outer
		} else {
			delete(e.labels, name)
		}
	}
}

// testContext returns a context without end that has the label of a test, or of the
// test that it is a part of.
func testContext(name string) context.Context {
	e := &entered
	e.Lock()
	defer e.Unlock()
	for {
		if label, ok := e.labels[name]; ok {
			return pprof.WithLabels(context.Background(), pprof.Labels(LabelTest, label))
		}
		end := strings.LastIndexByte(name, '/')
		if end < 0 {
			return context.Background()
		}
		name = name[:end]
	}
}
