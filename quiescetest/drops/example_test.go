// SPDX-License-Identifier: Apache-2.0

package drops_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/drain"
	"github.com/go-quiesce/quiesce/quiescetest"
	"github.com/go-quiesce/quiesce/quiescetest/drops"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// t is the test's own; an example has none.
var t *testing.T

// A server of the test's own process, in two rolling updates.
func ExampleTrial() {
	start := func(ctx context.Context) (string, func(context.Context) error, error) {
		s := drain.NewServer(&http.Server{
			Addr:    "127.0.0.1:0",
			Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }),
		})
		if err := s.Listen(ctx); err != nil {
			return "", nil, err
		}
		go s.Serve(context.Background())
		stop := func(ctx context.Context) error { return s.Shutdown(ctx, 200*time.Millisecond) }
		return s.Addr().String(), stop, nil
	}
	result, err := drops.Trial{
		Start: start,
		Stops: 2,
		Loads: []load.Load{{
			Name: "busy", Kind: load.KeepAlive(load.Request{}), Callers: 16, Think: 10 * time.Millisecond,
		}},
	}.Run(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Check(drops.Max(load.Lost, 0)))
	// Output: <nil>
}

// A real program, stopped by SIGTERM, five times.
func ExampleTrial_command() {
	shop := quiescetest.Command{Args: []string{"./shop", "-addr", "127.0.0.1:0"}, Ready: "serving on "}
	result, err := drops.Trial{Start: quiescetest.Server(t, shop), RTT: 10 * time.Millisecond}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	result.Hold(t, drops.Median(load.Lost, 0), drops.Sum(load.Lost, 1), drops.MaxGap(time.Second))
}

// lines is a protocol of lines: each is answered by one.
type lines struct{}

func (lines) Client(w *load.Wire) load.Client { return &lineClient{wire: w} }

type lineClient struct {
	wire *load.Wire
	conn net.Conn
	in   *bufio.Reader
}

func (c *lineClient) Do(ctx context.Context, a *load.Attempt) {
	if c.conn == nil {
		conn, err := c.wire.Dial(ctx)
		if err != nil {
			a.Fail(load.DialOutcome(err), err)
			return
		}
		c.conn, c.in, a.Fresh = conn, bufio.NewReader(conn), true
	}
	c.conn.SetDeadline(time.Now().Add(c.wire.Timeout()))
	sent := c.wire.Now()
	if n, err := io.WriteString(c.conn, "ping\n"); err != nil && n == 0 {
		a.Fail(load.ResetBeforeWrite, err)
		c.Close()
		return
	}
	a.Sent = sent
	switch line, err := c.in.ReadString('\n'); {
	case err != nil && line != "":
		a.Fail(load.Truncated, err)
		c.Close()
	case err != nil:
		a.Fail(load.NoResponse, err)
		c.Close()
	case line == "bye\n": // an answer too; the server will close
		c.wire.Told()
		c.Close()
	}
}

func (c *lineClient) Close() (err error) {
	if c.conn != nil {
		err = c.conn.Close()
		c.conn = nil
	}
	return err
}

// startLines serves lines, and says bye to the next of each when it is stopped.
func startLines(context.Context) (string, func(context.Context) error, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	var conns drain.Gate
	leave := make(chan struct{})
	go func() {
		for conn, err := ln.Accept(); err == nil; conn, err = ln.Accept() {
			if !conns.Enter() {
				conn.Close()
				continue
			}
			go func() {
				defer conns.Leave()
				defer conn.Close()
				for in := bufio.NewScanner(conn); in.Scan(); {
					select {
					case <-leave:
						io.WriteString(conn, "bye\n")
						return
					default:
						io.WriteString(conn, "pong\n")
					}
				}
			}()
		}
	}()
	return ln.Addr().String(), func(ctx context.Context) error {
		time.Sleep(100 * time.Millisecond) // the readiness delay
		close(leave)
		defer ln.Close()
		return conns.Close(ctx)
	}, nil
}

// A protocol of one's own.
func ExampleKind() {
	result, err := drops.Trial{
		Start:       startLines,
		Stops:       2,
		Propagation: 20 * time.Millisecond,
		Loads:       []load.Load{{Name: "lines", Kind: lines{}, Callers: 8, Think: 5 * time.Millisecond}},
	}.Run(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	total := result.Total()
	fmt.Println(total.Lost, "lost,", total.Told, "told,", total.Reconnects, "reconnects")
	// Output: 0 lost, 16 told, 16 reconnects
}
