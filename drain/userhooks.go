// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"net/http"
	"reflect"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-quiesce/quiesce/internal/goroutine"
)

/*
The functions that were registered on the user's own server are started by its
Shutdown, which keeps nothing of them to wait for. But goroutines inherit the profiler
labels of those that start them: so they can be found, and when none is left they have
ended. What a function has started itself has its label too, but began elsewhere.

This looks at the goroutine profile every so often, which nothing else does here; and
only if functions are registered. How many is read by reflection from a field that
package net/http does not export. Without the field they run as before, and are not
waited for; TestUserHooksAreFound fails then.
*/

const (
	hookLabel = "quiesce.onshutdown"

	// A look costs microseconds for each goroutine of the process. So the next one is
	// an eighth later than the one before, within these bounds.
	minLook, maxLook = 100 * time.Microsecond, 250 * time.Millisecond
)

var hookRuns atomic.Uint64

// runUserHooks starts the functions that are registered on the user's server, and
// counts them as work.
func (s *Server) runUserHooks(ctx context.Context) {
	names := hookNames(s.user)
	if len(names) == 0 {
		_ = s.user.Shutdown(dead())
		return
	}
	label := strconv.FormatUint(hookRuns.Add(1), 10)
	h, _ := s.work.Begin("functions registered on the http.Server")
	started := make(chan struct{})
	go func() {
		defer close(started)
		pprof.SetGoroutineLabels(pprof.WithLabels(ctx, pprof.Labels(hookLabel, label)))
		_ = s.user.Shutdown(dead())
	}()
	<-started
	go s.awaitUserHooks(h, label, names)
}

// awaitUserHooks ends h when none of the functions with this label runs any more. After
// Force nobody asks, and they are not said to have ended.
func (s *Server) awaitUserHooks(h Holder, label string, names map[string]bool) {
	for began := time.Now(); hooksRun(label, names); {
		select {
		case <-time.After(min(max(time.Since(began)/8, minLook), maxLook)):
		case <-s.cut:
			return
		}
	}
	h.End()
}

func hooksRun(label string, names map[string]bool) bool {
	found, err := goroutine.Profile(func(l goroutine.Labels) bool { return l.Get(hookLabel) == label })
	if err != nil {
		return false
	}
	for _, s := range found {
		if len(s.Frames) == 0 {
			return true // has not begun: the profile hides the wrapper that a method or a generic function has
		}
		for i := len(s.Frames) - 1; i >= 0 && i >= len(s.Frames)-2; i-- { // runtime.goexit may be outside
			if names[s.Frames[i].Function] {
				return true
			}
		}
	}
	return false
}

// methodValue marks the function that the compiler makes of x.f; on a stack there is
// only f.
const methodValue = "-fm"

// hookNames returns the names of the functions that are registered on srv. It must not
// run beside RegisterOnShutdown.
func hookNames(srv *http.Server) map[string]bool {
	registered := reflect.ValueOf(srv).Elem().FieldByName("onShutdown")
	if registered.Kind() != reflect.Slice || registered.Len() == 0 {
		return nil
	}
	names := make(map[string]bool)
	for i := range registered.Len() {
		if f := registered.Index(i); f.Kind() == reflect.Func && !f.IsNil() {
			if at := runtime.FuncForPC(f.Pointer()); at != nil {
				names[goroutine.Name(strings.TrimSuffix(at.Name(), methodValue))] = true
			}
		}
	}
	return names
}
