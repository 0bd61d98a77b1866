// SPDX-License-Identifier: Apache-2.0

package quiescews

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// What may be in a frame.
const (
	opMore  = 0 // of a message that was begun
	opText  = 1
	opClose = 8
	opPing  = 9
	final   = 0x80
)

// frame is one from a client, whose mask is of zeros.
func frame(op byte, payload string) string {
	var head []byte
	switch n := len(payload); {
	case n < 126:
		head = []byte{op, 0x80 | byte(n)}
	case n < 1<<16:
		head = binary.BigEndian.AppendUint16([]byte{op, 0x80 | 126}, uint16(n))
	default:
		head = binary.BigEndian.AppendUint64([]byte{op, 0x80 | 127}, uint64(n))
	}
	return string(head) + "\x00\x00\x00\x00" + payload
}

// closing is a close frame.
func closing(code uint16, reason string) string {
	return frame(final|opClose, string(binary.BigEndian.AppendUint16(nil, code))+reason)
}

// frames reads those of a server until the connection ends: "text 5", "close 1000".
func frames(in *bufio.Reader) <-chan string {
	got := make(chan string, 1)
	go func() {
		var out []string
		for {
			op, payload, err := readFrame(in)
			if err != nil {
				got <- strings.Join(out, ", ")
				return
			}
			switch {
			case op == opClose && len(payload) >= 2:
				out = append(out, fmt.Sprintf("close %d", binary.BigEndian.Uint16(payload)))
			case op == opClose:
				out = append(out, "close")
			case op == opText:
				out = append(out, fmt.Sprintf("text %d", len(payload)))
			default:
				out = append(out, fmt.Sprintf("frame %d", op))
			}
		}
	}()
	return got
}

// readFrame puts the parts of a message together.
func readFrame(in *bufio.Reader) (op byte, payload []byte, err error) {
	for {
		var head [2]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return 0, nil, err
		}
		if head[0]&0xf != opMore {
			op = head[0] & 0xf
		}
		n := uint64(head[1])
		if more := map[uint64]int{126: 2, 127: 8}[n]; more > 0 {
			length := make([]byte, 8)
			if _, err := io.ReadFull(in, length[8-more:]); err != nil {
				return 0, nil, err
			}
			n = binary.BigEndian.Uint64(length)
		}
		part := make([]byte, n)
		if _, err := io.ReadFull(in, part); err != nil {
			return 0, nil, err
		}
		if payload = append(payload, part...); head[0]&final != 0 {
			return op, payload, nil
		}
	}
}

// An ending is what a client of the Autobahn suite sends to end a connection, and what
// it takes for an answer.
type ending struct {
	name string // of the case
	send string
	want []string // one of these
}

// broken answers a client that breaks the protocol.
var broken = []string{"close 1002", ""}

// endings are the cases 7.* of Autobahn's fuzzing client, of which each is to end
// cleanly or, where the client breaks the protocol, with a dropped connection at worst.
func endings() []ending {
	const big = 256 << 10
	text := func(n int) string { return frame(final|opText, strings.Repeat("*", n)) }
	normal := closing(1000, "")
	clean := []string{"close 1000"}
	out := []ending{
		{"7.1.1 message, close", text(12) + normal, []string{"text 12, close 1000"}},
		{"7.1.2 two closes", normal + frame(final|opClose, ""), clean},
		{"7.1.3 ping after the close", normal + frame(final|opPing, ""), clean},
		{"7.1.4 message after the close", normal + text(12), clean},
		{"7.1.5 close within a message", frame(opText, "one") + normal + frame(final|opMore, "two"), clean},
		{
			"7.1.6 large message, message, close, ping", text(big) + text(12) + normal + frame(final|opPing, ""),
			[]string{fmt.Sprintf("text %d, text 12, close 1000", big)},
		},
		{"7.3.1 no code", frame(final|opClose, ""), []string{"close", "close 1000"}},
		{"7.3.2 half a code", frame(final|opClose, "a"), broken},
		{"7.3.3 a code", normal, clean},
		{"7.3.4 a code and a reason", closing(1000, "goodbye"), clean},
		{"7.3.5 the longest reason", closing(1000, strings.Repeat("*", 123)), clean},
		{"7.3.6 a reason that is too long", closing(1000, strings.Repeat("*", 124)), broken},
		{"7.5.1 a reason that is no UTF-8", closing(1000, "\xce\xba\xed\xa0\x80"), clean}, // which the library does not look for
	}
	for _, code := range []uint16{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999} {
		out = append(out, ending{fmt.Sprintf("7.7 code %d", code), closing(code, ""), []string{fmt.Sprintf("close %d", code)}})
	}
	for _, code := range []uint16{0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999} {
		out = append(out, ending{fmt.Sprintf("7.9 invalid code %d", code), closing(code, ""), broken})
	}
	for _, code := range []uint16{5000, 65535} { // undefined
		out = append(out, ending{fmt.Sprintf("7.13 code %d", code), closing(code, ""), broken})
	}
	return out
}

// echoLarge is echo for large messages.
func echoLarge(g *Registry) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := g.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		c.SetReadLimit(1 << 20)
		for {
			kind, m, err := c.Read(context.Background())
			if err != nil || !c.Work.Enter() {
				return
			}
			err = c.Write(context.Background(), kind, m)
			if c.Work.Leave(); err != nil {
				return
			}
		}
	}
}

// Autobahn, cases 7.1.1 to 7.13.2, in which the client ends the connection: it is
// answered as the suite has it, and the connection is off the books, so that a drain
// has nobody to wait for.
func TestClientsEndConnections(t *testing.T) {
	each(t, 0, nil, func(t *testing.T, g *Registry, serve func(http.HandlerFunc) *site) {
		s := serve(echoLarge(g))
		for _, e := range endings() {
			t.Run(e.name, func(t *testing.T) {
				c := dialMute(t, s)
				got := frames(bufio.NewReader(c))
				io.WriteString(c, e.send) // may fail at the end, when it was cut
				if got := within(t, "the end", got); !slices.Contains(e.want, got) {
					t.Errorf("got %q, want one of %q", got, e.want)
				}
			})
		}
		start := time.Now()
		if err := s.drainIn(far); err != nil || time.Since(start) > far/4 {
			t.Errorf("Drain = %v after %v", err, time.Since(start))
		}
	})
}

// Autobahn, the same cases, in answer to the close frame of a drain: whatever a client
// says then, its connection ends, without another close frame, and holds nobody up. One
// whose answer breaks the protocol is waited for as if it had not answered.
func TestClientsAnswerTheCloseOfADrain(t *testing.T) {
	breaks := func(e ending) bool { return slices.Equal(e.want, broken) }
	keeps := func(e ending) bool { return !breaks(e) }
	t.Run("clean", func(t *testing.T) { answerClose(t, slices.DeleteFunc(endings(), breaks), nil) })
	t.Run("broken", func(t *testing.T) {
		answerClose(t, slices.DeleteFunc(endings(), keeps), []Option{WithHandshakeTimeout(100 * time.Millisecond)})
	})
}

// answerClose drains a site with a client for each answer, before the library or the
// registry would give up.
func answerClose(t *testing.T, answers []ending, options []Option) {
	each(t, 0, options, func(t *testing.T, g *Registry, serve func(http.HandlerFunc) *site) {
		s := serve(echoLarge(g))
		var clients []net.Conn
		for range answers {
			clients = append(clients, dialMute(t, s))
		}
		start := time.Now()
		drained := s.begin(far)
		var got []<-chan string
		for i, e := range answers {
			in := bufio.NewReader(clients[i])
			if op, payload, err := readFrame(in); err != nil || op != opClose || string(payload) != "\x03\xe9" {
				t.Errorf("%s: got %d %q, %v; want a close with 1001", e.name, op, payload, err)
			}
			got = append(got, frames(in))
			io.WriteString(clients[i], e.send) // may fail at the end, when it was cut
		}
		for i, e := range answers {
			if got := within(t, e.name, got[i]); got != "" {
				t.Errorf("%s: got %q after the close, want nothing", e.name, got)
			}
		}
		if err := within(t, "drain", drained); err != nil || time.Since(start) >= DefaultHandshakeTimeout {
			t.Errorf("Drain = %v after %v, want nil before %v", err, time.Since(start), DefaultHandshakeTimeout)
		}
	})
}
