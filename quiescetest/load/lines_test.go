// SPDX-License-Identifier: Apache-2.0

package load

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// What a server of lines says when it was sent one, before it closes the connection.
func TestLinesOutcomes(t *testing.T) {
	for _, tt := range []struct {
		name, answer string
		reset        bool
		want         Outcome
		text         string // in the error
	}{
		{"whole", "PONG 1\n", false, OK, ""},
		{"two", "PONG\nmore", false, OK, ""},
		{"another", "ERR no\r\n", false, HTTPError, `"ERR no\r\n", want "PONG"`},
		{"half", "PON", false, Truncated, `after "PON": EOF`},
		{"long", strings.Repeat("PONG", 3000) + "\n", false, OK, ""},
		{"long, half", strings.Repeat("PONG", 3000), false, Truncated, ""},
		{"closed", "", false, NoResponse, "EOF"},
		{"reset", "", true, ResetAfterWrite, "reset"},
	} {
		for _, rtt := range rtts {
			t.Run(fmt.Sprint(tt.name, "/", rtt), func(t *testing.T) {
				s := serve(t, func(_ int, c *net.TCPConn) {
					if line, err := bufio.NewReader(c).ReadString('\n'); line != "PING\n" {
						t.Errorf("got %q, %v", line, err)
					}
					io.WriteString(c, tt.answer)
					if tt.reset {
						reset(c)
					}
				})
				c := Lines("PING\r\n", "PONG").Client(newTestWire(t, s.Addr().String(), rtt, time.Minute))
				defer c.Close()
				a := try(t, c)
				if a.Outcome != tt.want || !a.Fresh || tt.text != "" && !strings.Contains(a.Err.Error(), tt.text) {
					t.Errorf("outcome = %v, %v; want %v, %s", a.Outcome, a.Err, tt.want, tt.text)
				}
			})
		}
	}
}

// Clients of lines stay, find out that they were closed, and have ids of their own.
func TestLinesStay(t *testing.T) {
	var seen sync.Map
	s := serve(t, func(n int, c *net.TCPConn) {
		in := bufio.NewScanner(c)
		for i := 0; (n > 1 || i < 2) && in.Scan(); i++ {
			seen.Store(in.Text(), true)
			io.WriteString(c, in.Text()+" done\n")
		}
	})
	w := newTestWire(t, s.Addr().String(), 0, time.Minute)
	c := Lines("do {id}", "do {id}").Client(w).(*clientLines)
	defer c.Close()
	for i := range 4 {
		if i == 2 {
			eventually(t, "the close is seen", c.conn.look)
		}
		if a := try(t, c); a.Outcome != OK || a.ID == "" || a.Fresh != (i%2 == 0) {
			t.Errorf("attempt %d: %+v", i, a)
		}
	}
	lines := 0
	seen.Range(func(any, any) bool { lines++; return true })
	if lines != 4 || w.count.foundClosed.Load() != 1 || w.count.reconnects.Load() != 1 {
		t.Errorf("%d lines, %d found closed, %d reconnects; want 4, 1, 1", lines, w.count.foundClosed.Load(), w.count.reconnects.Load())
	}
}

func TestLinesTimeoutAndRefused(t *testing.T) {
	hold := make(chan struct{})
	s := serve(t, func(int, *net.TCPConn) { <-hold })
	c := Lines("PING", "").Client(newTestWire(t, s.Addr().String(), 0, 200*time.Millisecond))
	if got := do(t, c); got != Timeout {
		t.Errorf("outcome = %v, want timeout", got)
	}
	c.Close()
	close(hold)
	s.Close()
	c = Lines("PING", "").Client(newTestWire(t, s.Addr().String(), 0, time.Minute))
	if got := do(t, c); got != Refused {
		t.Errorf("outcome = %v, want refused", got)
	}
}
