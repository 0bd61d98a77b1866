// SPDX-License-Identifier: Apache-2.0

package ctxio_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/go-quiesce/quiesce/ctxio"
)

var errShutdown = errors.New("the server stops")

// A peer that says nothing holds nobody up when the context ends.
func ExampleNewConn() {
	server, client := net.Pipe()
	defer client.Close()

	ctx, cancel := context.WithCancelCause(context.Background())
	time.AfterFunc(10*time.Millisecond, func() { cancel(errShutdown) })

	conn := ctxio.NewConn(ctx, server)
	defer conn.Close()
	_, err := conn.Read(make([]byte, 100))
	fmt.Println(errors.Is(err, errShutdown))
	// Output: true
}

// A connection from a pool has the context of one request after the other. One
// that ended too early has done it no harm.
func ExampleConn() {
	server, client := net.Pipe()
	defer server.Close()
	conn := ctxio.NewConn(context.Background(), client)
	defer conn.Close()

	get := func(timeout time.Duration) {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		conn.SetContext(ctx)
		defer conn.SetContext(context.Background())
		p := make([]byte, 100)
		n, err := conn.Read(p)
		fmt.Printf("%q %v\n", p[:n], errors.Is(err, context.DeadlineExceeded))
	}
	get(10 * time.Millisecond)
	go io.WriteString(server, "late")
	get(time.Minute)
	// Output:
	// "" true
	// "late" false
}

// An accept loop that ends with its context.
func ExampleNewListener() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	listener := ctxio.NewListener(ctx, l)
	defer listener.Close()
	for {
		conn, err := listener.Accept()
		if err != nil {
			fmt.Println(errors.Is(err, context.DeadlineExceeded))
			return
		}
		conn.Close()
	}
	// Output: true
}

// A read of a pipe that nobody writes to.
func ExampleNewReader() {
	r, w, err := os.Pipe()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	lines := ctxio.NewReader(ctx, r)
	defer lines.Close()
	_, err = io.ReadAll(lines)
	fmt.Println(err)
	// Output: ctxio: read: context deadline exceeded
}

// A writer without deadlines is left to a helper, which finishes what it has
// taken.
func ExampleNewWriter() {
	r, slow := io.Pipe()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	w := ctxio.NewWriter(ctx, slow)
	n, err := io.WriteString(w, "taken")
	fmt.Println(n, err, w.Abandoned())

	go io.Copy(io.Discard, r)
	w.SetContext(context.Background())
	n, err = io.WriteString(w, "more")
	fmt.Println(n, err, w.Abandoned())
	// Output:
	// 5 ctxio: write: context deadline exceeded true
	// 4 <nil> false
}

// A handler that gives a slow client a second to send its request.
func ExampleHandler() {
	h := ctxio.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			http.Error(w, "too slow", http.StatusRequestTimeout)
		}
	}))
	impatient := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 10*time.Millisecond)
		defer cancel()
		h.ServeHTTP(w, r.WithContext(ctx))
	})
	server := httptest.NewServer(impatient)
	defer server.Close()

	slow, pipe := io.Pipe()
	defer pipe.Close()
	for _, body := range []io.Reader{strings.NewReader("quick"), slow} {
		resp, err := http.Post(server.URL, "text/plain", body)
		if err != nil {
			fmt.Println(err)
			return
		}
		resp.Body.Close()
		fmt.Println(resp.Status)
	}
	// Output:
	// 200 OK
	// 408 Request Timeout
}

// In a program that keeps its goroutines in a scope, that is the Spawner.
func ExampleWithSpawner() {
	var tasks tasks
	r := ctxio.NewReader(context.Background(), loud{}, ctxio.WithSpawner(&tasks))
	r.Read(make([]byte, 3))
	fmt.Println(tasks)
	// Output: [ctxio.read]
}

type tasks []string

func (s *tasks) Go(ctx context.Context, name string, f func(context.Context) error) error {
	*s = append(*s, name)
	go f(ctx)
	return nil
}

type loud struct{}

func (loud) Read(p []byte) (int, error) { return copy(p, "hey"), nil }
