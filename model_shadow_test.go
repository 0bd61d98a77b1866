// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"fmt"
	"sync"
	"time"

	"github.com/go-quiesce/quiesce"
)

// The shadow log is what the hooks themselves saw and did. It knows nothing of
// the app's own events, which are checked against it.

type mark uint8

const (
	markBegan     mark = iota
	markReturned       // or panicked, or called Goexit: see how
	markEnded          // its context ended
	markWorkEnded      // its work context ended
	markForced         // its Force was called
	markCalling        // is about to call into the app
	markCalled         // has
)

var markNames = [...]string{"began", "returned", "context ended", "work context ended", "force", "calling", "called"}

// outside is the part of entries that no hook made.
const outside = -1

// An entry is one line of the shadow log.
type entry struct {
	at    time.Duration // since the schedule began
	part  int
	hook  quiesce.HookKind
	what  mark
	how   endKind       // of a return
	do    callKind      // of a call
	err   error         // returned by the hook, or by the call
	cause int           // of a call that asks for a stop: its number
	state quiesce.State // seen then
	ready bool          // seen then
	dead  bool          // of a begin: the context had ended already
	names []string      // of callStillRunning
}

func (e entry) String() string {
	who := "outside"
	if e.part != outside {
		who = fmt.Sprintf("%v %d", e.hook, e.part)
	}
	text := fmt.Sprintf("%v %s %s", e.at, who, markNames[e.what])
	switch e.what {
	case markReturned:
		text += fmt.Sprintf(" by %s: %v", endNames[e.how], e.err)
	case markCalling, markCalled:
		text += fmt.Sprintf(" %s %d: %v %v", callNames[e.do], e.cause, e.err, e.names)
	}
	if e.dead {
		text += " with a dead context"
	}
	return text + fmt.Sprintf(" [%v ready=%v]", e.state, e.ready)
}

// A shadow is the log. What must never be seen is noted in wrong at once.
type shadow struct {
	mu      sync.Mutex
	began   time.Time
	entries []entry
	wrong   []string
	causes  int
}

func (s *shadow) now() time.Duration { return time.Since(s.began) }

func (s *shadow) add(e entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.at = s.now()
	s.entries = append(s.entries, e)
}

// fail notes something that must never be seen.
func (s *shadow) fail(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wrong = append(s.wrong, fmt.Sprintf("%v: ", s.now())+fmt.Sprintf(format, args...))
}

// nextCause numbers the causes that this schedule makes up.
func (s *shadow) nextCause() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.causes++
	return s.causes
}

func (s *shadow) length() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.entries)
}

// A modelCause is an error that asks for a stop.
type modelCause int

func (c modelCause) Error() string { return fmt.Sprintf("cause %d", int(c)) }

// A codedModelCause has an exit code of its own.
type codedModelCause struct{ modelCause }

func (codedModelCause) ExitCode() int { return modelCode }

// modelCode is an exit code that nothing else uses.
const modelCode = 42

// A hookErr is what a hook returns, or panics with, when it goes wrong.
type hookErr struct {
	part int
	hook quiesce.HookKind
}

func (e hookErr) Error() string { return fmt.Sprintf("%v of %d went wrong", e.hook, e.part) }

// A codedErr is the same with an exit code.
type codedErr struct{ hookErr }

func (codedErr) ExitCode() int { return modelCode }

// A recorder is the sink that behaves.
type recorder struct {
	mu      sync.Mutex
	records []quiesce.Record
}

func (r *recorder) Handle(rec quiesce.Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.records = append(r.records, rec)
}
