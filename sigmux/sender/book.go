// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64) && !quiesce_nosender

package sender

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"

	"github.com/go-quiesce/quiesce/sigmux"
)

func system() sigmux.Source { return source{sigmux.OS()} }

// A source is the system's signals with their senders.
type source struct{ sigmux.Source }

// Attribute implements [sigmux.Attributor].
func (source) Attribute(c chan<- os.Signal, sigs ...os.Signal) (who func(os.Signal) sigmux.Sender) {
	book.Lock()
	defer book.Unlock()
	mine := make(map[os.Signal]*inbox, len(sigs))
	for _, sig := range sigs {
		if n := number(sig); n != 0 && mine[sig] == nil {
			mine[sig] = book.open(c, n)
		}
	}
	signal.Notify(c, sigs...)
	for _, in := range mine {
		book.hook(in.sig)
	}
	return func(sig os.Signal) sigmux.Sender {
		in := mine[sig]
		if in == nil {
			return sigmux.Sender{}
		}
		book.Lock()
		defer book.Unlock()
		return in.ask()
	}
}

// Stop implements [sigmux.Source]. What c may still hold can be asked about.
func (source) Stop(c chan<- os.Signal) {
	signal.Stop(c)
	book.Lock()
	defer book.Unlock()
	for sig := range book.inboxes {
		book.close(c, sig)
	}
}

// number returns the signal's number, 0 if it is not one of this system.
func number(sig os.Signal) int {
	if s, ok := sig.(syscall.Signal); ok && s > 0 && s < numSignals {
		return int(s)
	}
	return 0
}

func trouble() error {
	book.Lock()
	defer book.Unlock()
	return errors.Join(book.refused[:]...)
}

// book is the reading side of the pages. There is one in a process, as there is
// one handler for each signal.
var book ledger

type ledger struct {
	sync.Mutex
	inboxes [numSignals][]*inbox
	refused [numSignals]error // why there is no hook
	named   lookup
}

// An inbox is for one subscription, a channel and a signal: os/signal gives each
// signal to every channel, so each needs a copy of what was recorded. Guarded by
// book's lock; after Stop nothing more is put in.
//
// What has arrived in the channel and what was recorded do not match one to one:
// the kernel and the runtime merge signals that are on their way, and the hook
// records before the runtime queues. It is certain that the record of a signal
// is in its page before the signal is in the channel, unless the page was full.
// So what was recorded since the last question came with this signal or just
// after it; the first of it is the answer. If nothing was, the signal was
// recorded before the last question, and only queued after it. Which record was
// its own is certain for the last one, as long as the handler was not entered
// again: that one is kept as rest. Anything else is unknown.
type inbox struct {
	c           chan<- os.Signal
	sig         int
	news        int // since the last question
	first, last entry
	rest        entry // last, when it was not the answer
	closed      bool
}

// An entry is a record, read. Its number says nothing if the sender is unknown.
type entry struct {
	number uint64
	by     sigmux.Sender
}

// open makes an inbox for what is recorded from now on.
func (b *ledger) open(c chan<- os.Signal, sig int) *inbox {
	b.collect(sig)
	in := &inbox{c: c, sig: sig}
	b.inboxes[sig] = append(b.inboxes[sig], in)
	return in
}

// close ends the inboxes of a channel. What was recorded so far is in them.
func (b *ledger) close(c chan<- os.Signal, sig int) {
	b.collect(sig)
	b.inboxes[sig] = slices.DeleteFunc(b.inboxes[sig], func(in *inbox) bool {
		in.closed = in.c == c
		return in.closed
	})
}

// collect takes what was recorded and puts it in all inboxes of the signal. Only
// the first and the last of it are ever asked for.
func (b *ledger) collect(sig int) {
	var room [numSlots]record
	list := pages[sig].take(room[:0])
	if len(list) == 0 {
		return
	}
	first := entry{list[0].number, b.identify(sig, list[0])}
	last := first
	if r := list[len(list)-1]; r.number != first.number {
		last = entry{r.number, b.identify(sig, r)}
	}
	for _, in := range b.inboxes[sig] {
		in.put(first)
		if last.number != first.number {
			in.put(last)
		}
	}
}

func (in *inbox) put(e entry) {
	if in.news == 0 {
		in.first = e
	}
	in.last = e
	in.news++
}

func (in *inbox) ask() sigmux.Sender {
	if !in.closed {
		book.collect(in.sig)
	}
	if in.news > 0 {
		by := in.first.by
		in.rest = entry{}
		if in.news > 1 {
			in.rest = in.last
		}
		in.news = 0
		return by
	}
	rest := in.rest
	in.rest = entry{}
	if !in.closed && book.hook(in.sig) && rest.number == pages[in.sig].newest() {
		return rest.by
	}
	return sigmux.Sender{}
}

// hook makes sure that the signal is hooked, and reports whether it was: what is
// in the inboxes is older than the signals that have come without.
func (b *ledger) hook(sig int) bool {
	installed, err := install(sig)
	b.refused[sig] = nil
	if err != nil {
		b.refused[sig] = fmt.Errorf("sigmux/sender: %s: %w", sigmux.Name(syscall.Signal(sig)), err)
	}
	if !installed && err == nil {
		return true
	}
	for _, in := range b.inboxes[sig] {
		in.news, in.rest = 0, entry{}
	}
	return false
}
