// SPDX-License-Identifier: Apache-2.0

package sigmux

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// CloseTimeout is how long [Mux.Close] waits for the mux's goroutines. One that
// takes longer is in a handler that does not return.
const CloseTimeout = time.Second

// ErrClosed is what Handle, Escalate and Listen return, wrapped, after Close.
var ErrClosed = errors.New("mux closed")

// A Mux owns the signals that it was told to handle: it takes them from a
// [Source], one buffered channel and one goroutine a signal, and gives each
// arrival to the escalation first, then to the routes. Make one with [New],
// add handlers, then Listen; Close gives the signals back.
//
// A Mux is safe for concurrent use and must not be copied. No handler is called
// under a lock of the Mux, so handlers may call its methods.
type Mux struct {
	src Source

	mu        sync.Mutex
	kinds     []*kind // guarded by mu; in the order of first mention
	listening bool    // guarded by mu
	closed    bool    // guarded by mu

	escalation atomic.Pointer[escalation]
	running    sync.WaitGroup // the goroutines of kinds and of own threads

	onFault atomic.Pointer[func(Fault)]
	faultMu sync.Mutex
	faults  []Fault // guarded by faultMu
}

// New returns a Mux that has taken nothing yet. If src is an [Attributor], its
// deliveries say who sent the signals. A nil src panics.
func New(src Source) *Mux {
	if src == nil {
		panic("sigmux: New needs a Source")
	}
	return &Mux{src: src}
}

// Listen takes every signal that has a handler from the source. From then on
// Handle and Escalate take the signals that they bring at once. SIGINT and
// SIGHUP that whoever started the process ignores are not taken; see
// [Inherited]. A signal once taken stays taken until Close, also when its last
// route is removed: its default action could end the program.
//
// Listen does not block. It returns an error after Close and the second time.
func (m *Mux) Listen() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.closed:
		return fmt.Errorf("sigmux: listen: %w", ErrClosed)
	case m.listening:
		return errors.New("sigmux: listen: already listening")
	}
	m.listening = true
	for _, k := range m.kinds {
		m.takeLocked(k)
	}
	return nil
}

// Close gives the signals back, so that their default actions hold again,
// delivers what had arrived before, and waits for the mux's goroutines, at most
// [CloseTimeout]: a handler that is still running then is left behind. What
// masked routes hold is dropped and counted as ignored.
//
// Close may be called at any time and more than once; each call waits. Called
// from a handler it waits for that handler too, in vain.
func (m *Mux) Close() {
	m.stop()
	ended := make(chan struct{})
	go func() {
		m.running.Wait()
		close(ended)
	}()
	limit := time.NewTimer(CloseTimeout)
	defer limit.Stop()
	select {
	case <-ended:
	case <-limit.C:
	}
}

func (m *Mux) stop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return
	}
	m.closed = true
	for _, k := range m.kinds {
		m.src.Stop(k.c)
		close(k.c) // the source promised to send nothing more; what is queued is still received
	}
}

// Counts returns what became of the arrivals of each signal that ever had a
// handler, ordered by signal number.
func (m *Mux) Counts() []Count {
	m.mu.Lock()
	defer m.mu.Unlock()
	counts := make([]Count, len(m.kinds))
	for i, k := range m.kinds {
		counts[i] = k.counts()
	}
	slices.SortStableFunc(counts, func(a, b Count) int { return cmp.Compare(Number(a.Signal), Number(b.Signal)) })
	return counts
}

// kindLocked returns the kind of sig, new if need be; it is not taken yet.
func (m *Mux) kindLocked(sig os.Signal) (k *kind, isNew bool) {
	for _, k := range m.kinds {
		if k.sig == sig {
			return k, false
		}
	}
	k = newKind(m, sig)
	m.kinds = append(m.kinds, k)
	return k, true
}

// takeLocked begins to serve a kind, unless it must be left alone.
func (m *Mux) takeLocked(k *kind) {
	if leftAlone(m.src, k.sig) {
		return
	}
	k.who = notify(m.src, k.c, k.sig) // k.c has room until there is somebody to receive
	m.running.Add(1)
	go k.serve()
}

// checkSignal says why sig cannot be handled.
func checkSignal(sig os.Signal) error {
	switch {
	case sig == nil:
		return errors.New("no signal")
	case uncatchable(sig):
		return errors.New("no program can take it")
	}
	return nil
}
