// SPDX-License-Identifier: Apache-2.0

package quiescews

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/coder/websocket"
	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/drain"
)

// A Registry accepts websockets that are closed when their server is drained. All
// methods are safe for concurrent use.
type Registry struct {
	cfg     config
	advisor *drain.Advisor // for those of which no drain.Server knows
	open    drain.Gate     // these

	mu     sync.Mutex
	conns  map[*Conn]struct{} // these; guarded by mu
	forced bool               // guarded by mu
}

// New returns a registry. One is enough for a program.
func New(options ...Option) *Registry {
	cfg := newConfig(options)
	return &Registry{cfg: cfg, advisor: drain.NewAdvisor(cfg.advisor...), conns: map[*Conn]struct{}{}}
}

// Accept is [websocket.Accept] for a connection that is closed in a drain. Once
// clients are advised to leave it answers 503, so that they try another server,
// and returns an error that wraps [drain.ErrDraining]. Like the original it has
// answered whenever it returns an error.
//
// The drain waits until the connection is closed and the handler has returned,
// that is, until the context of r ends. A connection may outlive its handler.
func (g *Registry) Accept(w http.ResponseWriter, r *http.Request, options *websocket.AcceptOptions) (*Conn, error) {
	name := "websocket " + r.URL.Path + " from " + r.RemoteAddr
	handle := drain.From(r.Context())
	var held drain.Holder
	own := handle == nil
	if own {
		handle = g.advisor.Handle()
		var admitted bool
		if held, admitted = g.open.Begin(name); !admitted {
			return nil, refuse(w, drain.ErrDraining)
		}
	}
	if cause := handle.Cause(); cause != nil {
		held.End()
		return nil, refuse(w, cause)
	}
	h := &hijacker{ResponseWriter: w, gone: make(chan struct{})}
	inner, err := websocket.Accept(h, r, options)
	if err != nil {
		held.End()
		return nil, err
	}
	c := &Conn{Conn: inner, raw: h.conn, gone: h.gone, cfg: &g.cfg}
	if own {
		g.add(c)
	}
	go func() {
		defer held.End()
		defer g.remove(c)
		c.attend(handle, name, r.Context())
	}()
	return c, nil
}

// refuse answers that the client should go elsewhere.
func refuse(w http.ResponseWriter, cause error) error {
	w.Header().Set("Connection", "close")
	w.Header().Set("Retry-After", "1") // in seconds; at once, for another server, is as good
	http.Error(w, drain.ErrDraining.Error(), http.StatusServiceUnavailable)
	return fmt.Errorf("quiescews: accept: %w", cause)
}

func (g *Registry) add(c *Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.conns[c] = struct{}{}
	if g.forced {
		_ = c.raw.Close()
	}
}

func (g *Registry) remove(c *Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, c)
}

// Component is the registry as a part of an app, for connections whose server is
// no [drain.Server]. Let the server's component need it, as closing the server
// leaves its websockets open.
//
// Drain refuses new connections, closes those that are there in turns, and
// returns when the last is closed and its handler has returned. If its context
// ends first it returns a *[drain.HeldError] with those that are left. It cuts
// none of them: Stop and Force do, of which Stop waits for their handlers.
func (g *Registry) Component() quiesce.Component {
	return quiesce.Component{Drain: g.drain, Stop: g.stop, Force: g.force, Serves: true}
}

func (g *Registry) drain(ctx context.Context) error {
	g.open.Shut()
	g.advisor.Advise(ctx)
	defer g.advisor.End()
	return g.open.Close(ctx)
}

func (g *Registry) stop(ctx context.Context) error {
	g.force()
	return g.open.Close(ctx)
}

func (g *Registry) force() {
	g.open.Shut()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.forced = true
	for c := range g.conns {
		_ = c.raw.Close()
	}
}
