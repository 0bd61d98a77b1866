// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/drain"
)

// runBridged starts an app and returns what its Run returns.
func runBridged(app *quiesce.App) <-chan error {
	ran := make(chan error, 1)
	go func() { ran <- app.Run(context.Background()) }()
	return ran
}

// An app's stop reaches peers through Advise, with its cause, and ends the server.
func TestConnsDrainsInApp(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	why := errors.New("a new version")
	app := quiesce.New("mail", quiesce.WithGracePeriod(20*time.Second))
	app.Add("smtp", quiesce.Conns(drain.Protocol{
		Serve: func(ctx context.Context, c net.Conn) {
			r := bufio.NewReader(c)
			for drain.Next(ctx, r) {
				line, _ := r.ReadString('\n')
				io.WriteString(c, "250 "+line)
			}
		},
		Advise: func(ctx context.Context, c net.Conn) {
			if err := drain.From(ctx).Cause(); !errors.Is(err, why) || app.State() != quiesce.StateDraining {
				t.Errorf("cause = %v in state %v; want %v, draining", err, app.State(), why)
			}
			io.WriteString(c, "421 closing\n")
		},
	}, drain.WithListener(ln), drain.WithPace(0, 0)))
	ran := runBridged(app)
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	in := bufio.NewReader(c)
	io.WriteString(c, "HELO\n")
	if got, err := in.ReadString('\n'); got != "250 HELO\n" {
		t.Fatalf("read = %q, %v; want 250 HELO", got, err)
	}
	app.Shutdown(why)
	if got, err := in.ReadString('\n'); got != "421 closing\n" {
		t.Errorf("read = %q, %v; want 421 closing", got, err)
	}
	c.Close()
	if err := <-ran; err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
}

// A start fails with what is wrong.
func TestConnsMistake(t *testing.T) {
	c := quiesce.Conns(drain.Protocol{})
	if err := c.Start(t.Context()); err == nil || !c.Serves {
		t.Errorf("Start = %v, Serves = %v; want an error, true", err, c.Serves)
	}
}

// The fetching ends with the stop's first step; what was fetched is finished before
// what it needs is released.
func TestConsumeInApp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var orders drain.Queue[string]
		var happened []string
		orders.Put("tea")
		pool := drain.NewPool(func() error { happened = append(happened, "pool closed"); return nil })
		app := quiesce.New("shop", quiesce.WithGracePeriod(20*time.Second))
		db := app.Add("db", quiesce.Pool(pool))
		app.Add("orders", quiesce.Consume(orders.Subscribe(), 1, func(ctx context.Context, m *drain.Delivery[string]) error {
			use, ok := pool.Begin(m.Body)
			defer use.End()
			<-drain.From(ctx).Done()
			time.Sleep(time.Second)
			happened = append(happened, m.Body)
			if !ok {
				t.Error("the pool was shut before its dependant had ended")
			}
			return nil
		}), quiesce.Needs(db))
		ran := runBridged(app)
		synctest.Wait()
		app.Shutdown(nil)
		orders.Put("too late")
		if err := <-ran; err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
		if want := []string{"tea", "pool closed"}; !slices.Equal(happened, want) || orders.Len() != 1 {
			t.Errorf("happened: %q with %d in the queue; want %q, 1", happened, orders.Len(), want)
		}
	})
}

// A handler that hangs is in the report by its message, which is delivered again.
func TestConsumeOverrunNamesMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var orders drain.Queue[string]
		orders.Put("tea")
		hang := make(chan struct{})
		app := quiesce.New("shop", quiesce.WithGracePeriod(20*time.Second))
		app.Add("orders", quiesce.Consume(orders.Subscribe(), 1, func(context.Context, *drain.Delivery[string]) error {
			<-hang
			return nil
		}))
		ran := runBridged(app)
		synctest.Wait()
		app.Shutdown(nil)
		e, ok := errors.AsType[*drain.HeldError](<-ran)
		if !ok || len(e.Holders) != 1 || e.Holders[0].Who != "message 1" || orders.Len() != 1 {
			t.Errorf("Run = %v with %d in the queue, want one that names message 1, and 1", e, orders.Len())
		}
		close(hang)
	})
}

// Who holds a pool too long is named, and the pool is closed under them.
func TestPoolOverrunNamesHolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		closed := make(chan struct{})
		pool := drain.NewPool(func() error { close(closed); return nil })
		app := quiesce.New("shop", quiesce.WithGracePeriod(20*time.Second))
		app.Add("db", quiesce.Pool(pool))
		app.Add("work", quiesce.Component{Run: func(ctx context.Context) error { <-ctx.Done(); return nil }})
		ran := runBridged(app)
		synctest.Wait()
		use, _ := pool.Begin("import")
		app.Shutdown(nil)
		err := <-ran
		if err == nil || !strings.Contains(err.Error(), "import for ") {
			t.Errorf("Run = %v, want one that names the import", err)
		}
		<-closed
		use.End()
	})
}
