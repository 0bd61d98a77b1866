// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

func write(w io.Writer, text string) error {
	flusher, _ := w.(http.Flusher)
	complete := make(chan struct{}, 1)
	go func() { // want `the function may return while this goroutine still uses w: a ResponseWriter is not to be used after the handler has returned`
		fmt.Fprint(w, text)
		flusher.Flush()
		complete <- struct{}{}
	}()
	select {
	case <-complete:
		return nil
	case <-time.After(time.Second):
		return errors.New("timeout")
	}
}

func handle(w http.ResponseWriter, r *http.Request) {
	done := make(chan struct{})
	go func() { // want `still uses w`
		defer close(done)
		_, _ = w.Write([]byte("a"))
	}()
	select {
	case <-done:
	case <-r.Context().Done():
	}
}

func pings(w http.ResponseWriter, r *http.Request, in chan string) {
	go func() { // want `still uses w`
		for range time.Tick(time.Second) {
			_, _ = io.WriteString(w, "ping")
		}
	}()
	for text := range in {
		println(text)
	}
}

var handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	go func() { // want `still uses w`
		http.Error(w, "late", http.StatusTeapot)
	}()
})

// What follows waits.

func waits(w http.ResponseWriter, r *http.Request) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = w.Write([]byte("a"))
	}()
	select {
	case <-done:
	case <-r.Context().Done():
		<-done
	}
}

func group(w http.ResponseWriter, r *http.Request) {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		_, _ = w.Write([]byte("a"))
	}()
	wg.Wait()
}

func deferred(w http.ResponseWriter, r *http.Request, in chan string) {
	done := make(chan struct{})
	defer func() { <-done }()
	go func() {
		defer close(done)
		_, _ = w.Write([]byte("a"))
	}()
	<-r.Context().Done()
}

// buffered is no ResponseWriter, as far as can be seen.
func buffered(w io.Writer, r *http.Request) {
	go func() { _, _ = w.Write([]byte("a")) }()
}
