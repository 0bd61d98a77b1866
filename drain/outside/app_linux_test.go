// SPDX-License-Identifier: Apache-2.0

package outside

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/drain"
)

const (
	// answerSize is more than net/http and the kernel write in one piece, so
	// that half an answer is possible.
	answerSize = 16 << 10

	// warm is how many requests an instance has answered when it says that it
	// is under load.
	warm = 100
)

// config is how an instance of the app serves; flags say it.
type config struct {
	addr     string
	fd       int    // of a listener that was inherited
	handover bool   // the successor has the listener too
	tls      string // folder of the certificate; "" is clear text
	bare     bool   // net/http's own server
	delay    time.Duration
}

func (c config) args() []string {
	return []string{
		"-addr=" + c.addr,
		fmt.Sprint("-fd=", c.fd),
		fmt.Sprint("-handover=", c.handover),
		"-tls=" + c.tls,
		fmt.Sprint("-bare=", c.bare),
		fmt.Sprint("-delay=", c.delay),
	}
}

// appMain is the program that is stopped.
func appMain() {
	var c config
	flag.StringVar(&c.addr, "addr", "", "address to listen at")
	flag.IntVar(&c.fd, "fd", 0, "file descriptor of an inherited listener")
	flag.BoolVar(&c.handover, "handover", false, "leave the queue of the listener to a successor")
	flag.StringVar(&c.tls, "tls", "", "serve TLS with the certificate in this folder")
	flag.BoolVar(&c.bare, "bare", false, "serve with net/http alone")
	flag.DurationVar(&c.delay, "delay", 0, "readiness delay")
	flag.Parse()
	whenOrphaned(func() { os.Exit(3) })

	app := quiesce.New("outside", quiesce.WithGracePeriod(20*time.Second), quiesce.WithReadinessDelay(c.delay))
	srv := &http.Server{Addr: c.addr, Protocols: new(http.Protocols)}
	srv.Protocols.SetHTTP1(true)
	srv.Protocols.SetHTTP2(true)
	srv.Protocols.SetUnencryptedHTTP2(true)
	if c.tls != "" {
		srv.TLSConfig = certified(c.tls)
	}
	mux := http.NewServeMux()
	mux.Handle("/readyz", app.Readyz())
	var answered atomic.Int64
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		serve(w, r)
		if answered.Add(1) == warm {
			fmt.Println("warm")
		}
	})
	srv.Handler = mux

	h := app.Add("http", c.component(srv))
	app.Add("ready", quiesce.Component{Start: quiesce.NoCtx(func() error {
		_, err := fmt.Println("ready")
		return err
	})}, quiesce.Needs(h))
	os.Exit(app.Main())
}

var answer = strings.Repeat("quiesce\n", answerSize/8)

func serve(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return // the client has gone
	}
	time.Sleep(time.Millisecond) // the work
	w.Header().Set("Content-Length", fmt.Sprint(len(answer)))
	_, _ = io.WriteString(w, answer) // an error is seen by the client
}

func (c config) component(srv *http.Server) quiesce.Component {
	var ln net.Listener
	var err error
	switch {
	case c.fd > 0:
		ln, err = net.FileListener(os.NewFile(uintptr(c.fd), "listener"))
	case c.bare:
		ln, err = net.Listen("tcp", c.addr)
	default:
		return quiesce.HTTP(srv)
	}
	if err != nil {
		return quiesce.Component{Start: quiesce.NoCtx(func() error { return err })}
	}
	switch {
	case c.bare:
		return bareComponent(srv, ln)
	case c.handover:
		return handoverComponent(srv, ln)
	default:
		return quiesce.HTTPOn(srv, ln)
	}
}

// handoverComponent is [quiesce.HTTPOn] for a listener that a successor has too.
func handoverComponent(srv *http.Server, ln net.Listener) quiesce.Component {
	s := drain.NewServer(srv, drain.WithListener(ln), drain.WithCause(quiesce.StopCause))
	return quiesce.Component{
		Start:    s.Listen,
		Run:      s.Serve,
		Announce: quiesce.NoCtx(func() error { s.Notice(); return nil }),
		Drain:    s.Handover,
		Stop:     quiesce.NoCtx(func() error { s.Force(); return nil }),
		Force:    s.Force,
		Serves:   true,
	}
}

// bareComponent is what there is without package drain.
func bareComponent(srv *http.Server, ln net.Listener) quiesce.Component {
	return quiesce.Component{
		Run: func(context.Context) error {
			var err error
			if srv.TLSConfig != nil {
				err = srv.ServeTLS(ln, "", "")
			} else {
				err = srv.Serve(ln)
			}
			if err == http.ErrServerClosed {
				return nil
			}
			return err
		},
		Drain:  srv.Shutdown,
		Stop:   quiesce.NoCtx(srv.Close),
		Serves: true,
	}
}
