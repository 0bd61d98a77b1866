// SPDX-License-Identifier: Apache-2.0

package situation

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

const (
	// Spread is how long after the signal the last client goes on; the others do
	// so before, at times that are drawn.
	Spread = 30 * time.Millisecond

	// DefaultN is how many clients there are, and DefaultTimeout how long they wait
	// for an answer, if a Scene does not say.
	DefaultN       = 8
	DefaultTimeout = 10 * time.Second
)

// ErrNotHTTP says that a situation is about requests of HTTP/1.1, which the server
// does not speak.
var ErrNotHTTP = errors.New("it takes HTTP/1.1")

// A Scene is where a situation is played.
type Scene struct {
	Addr    string               // of the server
	TLS     *tls.Config          // nil: in clear
	Request load.Request         // what clients ask for; without a body, halves of bodies are of one that is made up
	HTTP    bool                 // the server speaks HTTP/1.1
	Now     func() time.Duration // the round's clock; nil: since Begin
	Rand    *rand.Rand           // draws delays, only within Begin; nil: anything
	N       int                  // clients; 0: DefaultN
	Timeout time.Duration        // of an answer; 0: DefaultTimeout
}

func (s *Scene) setDefaults() {
	if s.Now == nil {
		began := time.Now()
		s.Now = func() time.Duration { return time.Since(began) }
	}
	if s.Rand == nil {
		s.Rand = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	if s.N <= 0 {
		s.N = DefaultN
	}
	if s.Timeout <= 0 {
		s.Timeout = DefaultTimeout
	}
}

// A Play is a situation that is being played. The nil Play has no clients.
type Play struct {
	scene   Scene
	ctx     context.Context // its end closes all connections
	cancel  context.CancelFunc
	fates   []record.Fate // each set by its client
	skipped []record.Skip

	clients   sync.WaitGroup
	preparing sync.WaitGroup // clients that are not yet where the signal is to find them
	waiting   atomic.Int32   // requests that never finish and have not been answered

	signalled, ended chan struct{}
	signal, end      sync.Once
	at               time.Time // of the signal; set before signalled is closed

	mu     sync.Mutex
	failed error // guarded by mu: why a client could not be played
}

// Begin plays a situation up to where the signal is to come, and returns nil if it
// has no clients of its own. It fails if the server does not serve such clients in
// peace, and with [ErrNotHTTP] if the situation does not apply.
//
// ctx governs the play, not the call: all connections are closed when it ends.
func Begin(ctx context.Context, s record.Situation, scene Scene) (*Play, error) {
	forms := formsOf(s, &scene)
	if len(forms) == 0 {
		return nil, nil
	}
	if !scene.HTTP {
		if forms = withoutHTTP(forms); len(forms) == 0 {
			return nil, fmt.Errorf("situation: %s: %w", s, ErrNotHTTP)
		}
	}
	scene.setDefaults()
	p := &Play{scene: scene, signalled: make(chan struct{}), ended: make(chan struct{})}
	p.ctx, p.cancel = context.WithCancel(ctx)
	if err := p.begin(forms, s); err != nil {
		p.Close()
		return nil, fmt.Errorf("situation: %s: %w", s, err)
	}
	return p, nil
}

func (p *Play) begin(forms []form, s record.Situation) error {
	forms, err := p.rehearse(forms)
	if err != nil {
		return err
	}
	n := p.scene.N
	if s == record.Twice || s == record.TermInt {
		n = 1
	}
	p.fates = make([]record.Fate, n)
	p.preparing.Add(n)
	for i := range n {
		c := &client{play: p, form: &forms[i%len(forms)], delay: time.Duration(p.scene.Rand.Int64N(int64(Spread)))}
		p.clients.Go(func() { p.fates[i] = c.run() })
	}
	p.preparing.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}

// rehearse returns the forms that the server serves in peace.
func (p *Play) rehearse(forms []form) ([]form, error) {
	var able []form
	var last error
	for _, f := range forms {
		if f.alone {
			able = append(able, f)
			continue
		}
		err := p.try(&f)
		for range f.again {
			if err == nil {
				err = p.try(&f)
			}
		}
		if err != nil {
			last = err
			p.skipped = append(p.skipped, record.Skip{What: f.what, Why: err.Error()})
			continue
		}
		able = append(able, f)
	}
	if len(able) == 0 {
		return nil, last
	}
	return able, p.ctx.Err()
}

// try plays a form in peace. A body that is made up is posted, where that is
// accepted, and else sent with what would be sent without one.
func (p *Play) try(f *form) error {
	rehearse := func() error { return (&client{play: p, form: f, rehearsal: true}).rehearse() }
	r := &p.scene.Request
	if !f.body || r.Body != "" || r.Method != "" {
		return rehearse()
	}
	f.method = http.MethodPost
	if err := rehearse(); err == nil && accepts(r, f.status) {
		return nil
	}
	f.method, f.status = "", 0
	return rehearse()
}

// Signalled says that the first signal was sent: the clients go on. It does not block.
func (p *Play) Signalled() {
	if p != nil {
		p.signal.Do(func() {
			p.at = time.Now()
			close(p.signalled)
		})
	}
}

// Holds reports whether there is a request that never finishes and that the server
// waits for: it has neither answered nor closed the connection. It is false for a
// server that does not read bodies.
func (p *Play) Holds() bool { return p != nil && p.waiting.Load() > 0 }

// Skipped returns the kinds of clients that were left out.
func (p *Play) Skipped() []record.Skip {
	if p == nil {
		return nil
	}
	return p.skipped
}

// End ends the play and returns what became of the clients. It is to be called when
// the server is gone, or is to be found guilty of not being so: clients hurry now,
// and those that have no end before ctx has one are cut off.
func (p *Play) End(ctx context.Context) []record.Fate {
	if p == nil {
		return nil
	}
	p.Signalled()
	p.end.Do(func() { close(p.ended) })
	defer context.AfterFunc(ctx, p.cancel)()
	p.clients.Wait()
	p.cancel()
	return p.fates
}

// Close cuts every client off. It is for a play whose fates nobody wants to know.
func (p *Play) Close() {
	if p != nil {
		p.cancel()
		p.clients.Wait()
	}
}

func (p *Play) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed == nil {
		p.failed = err
	}
}
