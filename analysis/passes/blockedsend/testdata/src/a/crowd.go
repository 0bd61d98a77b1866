// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"io"
	"net/http"
)

type servers struct{ plain, secure *http.Server }

// Run returns what the first of them returns, the others stay in their send.
func (s *servers) Run() error {
	errs := make(chan error)
	if s.plain != nil {
		go func() {
			errs <- s.plain.ListenAndServe() // want `several goroutines send to errs, which has no buffer, and line \d+ receives once`
		}()
	}
	if s.secure != nil {
		go func() {
			errs <- s.secure.ListenAndServeTLS("", "") // want `several goroutines send to errs`
		}()
	}
	return <-errs
}

func hedge(backends []func() int) int {
	answers := make(chan int)
	for _, b := range backends {
		go func() { answers <- b() }() // want `several goroutines send to answers`
	}
	return <-answers
}

// One of two goroutines is started.
func (s *servers) either() error {
	errs := make(chan error)
	if s.secure != nil {
		go func() { errs <- s.secure.ListenAndServeTLS("", "") }()
	} else {
		go func() { errs <- s.plain.ListenAndServe() }()
	}
	return <-errs
}

// Each has its receive.
func both(a, b io.ReadWriter) error {
	errs := make(chan error)
	go func() { _, err := io.Copy(a, b); errs <- err }()
	go func() { _, err := io.Copy(b, a); errs <- err }()
	<-errs
	return <-errs
}

func roomy(a, b io.ReadWriter) error {
	errs := make(chan error, 2)
	go func() { _, err := io.Copy(a, b); errs <- err }()
	go func() { _, err := io.Copy(b, a); errs <- err }()
	return <-errs
}

// The reader of a connection sends to who may have left.
func serve(ctx context.Context, c io.Reader, idle <-chan struct{}) {
	events := make(chan []byte)
	go read(ctx, c, events)
	for {
		select {
		case <-ctx.Done():
			return
		case <-idle:
			return
		case e := <-events:
			println(len(e))
		}
	}
}

func read(ctx context.Context, c io.Reader, events chan<- []byte) {
	for ctx.Err() == nil {
		p := make([]byte, 512)
		if _, err := c.Read(p); err != nil {
			return
		}
		events <- p // want `events has no buffer, and line \d+ leaves without a receive`
	}
}
