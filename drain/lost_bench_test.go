// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Requests lost in a stop, of 64 clients that never repeat one, while a successor
// is there that new connections already reach: as when load balancers have looked
// away. "sticky" clients think for 20 ms, "saturating" ones not at all; both are
// HTTP/1 and stay on their connection until told. "post2" sends bodies that
// cannot be sent again over one HTTP/2 connection of Go's client.
func BenchmarkLostPerStop(b *testing.B) {
	for _, load := range []struct {
		name string
		run  func(*rollout)
	}{
		{"sticky", func(l *rollout) { l.sticky(20 * time.Millisecond) }},
		{"saturating", func(l *rollout) { l.sticky(0) }},
		{"post2", (*rollout).post2},
	} {
		for _, way := range ways {
			b.Run(load.name+"/"+way.name, func(b *testing.B) {
				var lost, sent int64
				for b.Loop() {
					l := newRollout(b, way.serve)
					load.run(l)
					lost += l.lost.Load()
					sent += l.sent.Load()
				}
				b.ReportMetric(float64(lost)/float64(b.N), "lost/stop")
				b.ReportMetric(float64(sent)/float64(b.N), "sent/stop")
			})
		}
	}
}

// A rollout is one stop with a successor.
type rollout struct {
	b          *testing.B
	addr       atomic.Pointer[string] // where new connections go
	next       string
	end        func(context.Context) error
	endNext    func()
	over       atomic.Bool
	sent, lost atomic.Int64
}

func newRollout(b *testing.B, serve func(*testing.B, *http.Server, net.Listener) func(context.Context) error) *rollout {
	l := &rollout{b: b}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		time.Sleep(time.Millisecond)
		io.WriteString(w, "hello")
	})
	protos := new(http.Protocols)
	protos.SetHTTP1(true)
	protos.SetUnencryptedHTTP2(true)
	listen := func() (net.Listener, string) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		return ln, ln.Addr().String()
	}
	old, addr := listen()
	l.addr.Store(&addr)
	l.end = serve(b, &http.Server{Handler: handler, Protocols: protos}, old)
	successor, next := listen()
	l.next = next
	srv := &http.Server{Handler: handler, Protocols: protos}
	go srv.Serve(successor)
	l.endNext = func() { srv.Close() }
	return l
}

// stop ends the old server when every client has been served, and the load a
// moment later.
func (l *rollout) stop(served *sync.WaitGroup) {
	served.Wait()
	l.addr.Store(&l.next)
	if err := l.end(l.b.Context()); err != nil {
		l.b.Error(err)
	}
	time.Sleep(50 * time.Millisecond)
	l.over.Store(true)
}

func (l *rollout) run(client func(first func())) {
	var clients, served sync.WaitGroup
	served.Add(testClients)
	for range testClients {
		clients.Go(func() { client(sync.OnceFunc(served.Done)) })
	}
	l.stop(&served)
	clients.Wait()
	l.endNext()
}

func (l *rollout) sticky(think time.Duration) {
	l.run(func(first func()) {
		defer first()
		var c *client
		for !l.over.Load() {
			if c == nil {
				var err error
				if c, err = dialServer(*l.addr.Load()); err != nil {
					l.b.Error(err)
					return
				}
			}
			l.sent.Add(1)
			_, told, err := c.get("/")
			if err != nil {
				l.lost.Add(1)
			}
			if err != nil || told {
				c.Close()
				c = nil
			}
			first()
			time.Sleep(think)
		}
		if c != nil {
			c.Close()
		}
	})
}

func (l *rollout) post2() {
	tr := &http.Transport{
		Protocols: new(http.Protocols),
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, *l.addr.Load())
		},
	}
	tr.Protocols.SetUnencryptedHTTP2(true)
	defer tr.CloseIdleConnections()
	c := &http.Client{Transport: tr}
	l.run(func(first func()) {
		defer first()
		for !l.over.Load() {
			body := struct{ io.Reader }{strings.NewReader("hello")} // no GetBody
			l.sent.Add(1)
			resp, err := c.Post("http://test/", "text/plain", body)
			if err != nil {
				l.lost.Add(1)
			} else {
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
			first()
		}
	})
}
