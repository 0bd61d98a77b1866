// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"context"
	"net"
	"net/http"

	"github.com/go-quiesce/quiesce/drain"
)

// HTTP is the component that serves srv and, in a stop, loses no request: what
// reached a handler is answered, and what is refused was refused before it began.
// [drain.Server] says how, in [drain.Server.Drain] step by step.
//
// Start binds srv.Addr (":http" if empty, ":https" with TLS), so that a busy
// port fails the start. Run serves, with TLS if srv.TLSConfig holds
// certificates or a callback that returns them. A nil srv fails the start.
//
// Drain, which the app calls after the readiness delay, tells clients to leave,
// closes the listener once nobody is left in its queue, and returns when the last
// connection is closed; nothing polls. If its context ends first it returns a
// *[drain.OverrunError], which names those that are busy. It does not close them:
// Force and Stop do.
//
// Handlers that stream (server-sent events, long polls) and those that hijack
// their connection (websockets) hold the drain until they end; nothing but the
// deadline ends their contexts. [drain.From] tells them, with a turn for each:
//
//	l := drain.From(r.Context()).Long("events")
//	defer l.End()
//	for {
//		select {
//		case <-l.Turn():
//			return // the client reconnects elsewhere
//		case <-r.Context().Done():
//			return
//		case e := <-events:
//
// HTTP copies the exported fields of srv in Start; later changes have no effect,
// nor have Serve, Shutdown, Close and SetKeepAlivesEnabled called on srv: stop the
// app instead. Without a BaseContext requests inherit the values of Run's
// context, not its end.
func HTTP(srv *http.Server, options ...drain.Option) Component {
	s := drain.NewServer(srv, append([]drain.Option{drain.WithCause(StopCause)}, options...)...)
	return serving(s)
}

// HTTPOn is [HTTP] on a listener that is already bound; [drain.WithListener] says
// what becomes of it. srv.Addr is not used. A nil ln fails the start.
func HTTPOn(srv *http.Server, ln net.Listener, options ...drain.Option) Component {
	return HTTP(srv, append([]drain.Option{drain.WithListener(ln)}, options...)...)
}

// serving bridges a server of package drain.
func serving(s interface {
	Listen(context.Context) error
	Serve(context.Context) error
	Notice()
	Drain(context.Context) error
	Force()
	Moments() *drain.Moments
},
) Component {
	return Component{
		Start:    s.Listen,
		Run:      s.Serve,
		Announce: NoCtx(func() error { s.Notice(); return nil }),
		Drain:    s.Drain,
		Stop:     NoCtx(func() error { s.Force(); return nil }),
		Force:    s.Force,
		Serves:   true,
		Moments:  s.Moments(),
	}
}
