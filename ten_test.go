// SPDX-License-Identifier: Apache-2.0

package quiesce_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/quiescetest"
	"github.com/go-quiesce/quiesce/sigmux"
)

// The ten kinds of program that the API was tried on. Where a program would end
// with os.Exit(app.Main()), these ask themselves to stop once they are running.

// untilRunning runs the app, stops it as soon as it is running, and prints how
// that went.
func untilRunning(app *quiesce.App) {
	go func() {
		<-app.Reached(quiesce.StateRunning)
		app.Shutdown(nil)
	}()
	fmt.Println("error:", app.Run(context.Background()))
}

// database stands for database/sql's DB: its Close has no context.
type database struct{}

func (database) PingContext(context.Context) error { return nil }

func (database) Close() error {
	fmt.Println("database closed")
	return nil
}

// 1. An HTTP service.
func Example_httpService() {
	var db database
	app := quiesce.New("shop", quiesce.WithGracePeriod(25*time.Second))
	mux := http.NewServeMux()
	mux.Handle("/readyz", app.Readyz())
	dbc := app.Add("db", quiesce.Component{Start: db.PingContext, Stop: quiesce.NoCtx(db.Close)})
	app.Add("http", quiesce.HTTP(&http.Server{Addr: "127.0.0.1:0", Handler: mux}), quiesce.Needs(dbc))
	untilRunning(app)
	// Output:
	// database closed
	// error: <nil>
}

// grpcServer has the methods of *grpc.Server that matter here.
type grpcServer struct{ stopped chan struct{} }

func (s *grpcServer) Serve(ln net.Listener) error {
	<-s.stopped
	return ln.Close()
}
func (s *grpcServer) GracefulStop() { close(s.stopped) }
func (s *grpcServer) Stop()         {}

// 2. A gRPC service, by hand: the core knows no gRPC. The health service says
// NOT_SERVING in Announce, while everything is still served.
func Example_grpcService() {
	srv := &grpcServer{stopped: make(chan struct{})}
	var ln net.Listener
	app := quiesce.New("users")
	app.Add("grpc", quiesce.Component{
		Start: func(context.Context) (err error) {
			ln, err = net.Listen("tcp", "127.0.0.1:0")
			return err
		},
		Run: func(context.Context) error { return srv.Serve(ln) },
		Announce: func(context.Context) error {
			fmt.Println("NOT_SERVING")
			return nil
		},
		Drain:  quiesce.NoCtx(func() error { srv.GracefulStop(); return nil }),
		Force:  srv.Stop,
		Serves: true,
	})
	untilRunning(app)
	// Output:
	// NOT_SERVING
	// error: <nil>
}

// mailbox is a queue; Receive ends when its context does.
type mailbox chan string

func (q mailbox) Receive(ctx context.Context) (string, error) {
	select {
	case m := <-q:
		return m, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// 3. A worker. What it has received when the stop comes it finishes: the work
// context is still alive then.
func Example_worker() {
	q := make(mailbox, 1)
	q <- "one"
	app := quiesce.New("worker")
	handle := func(ctx context.Context, m string) error {
		app.Shutdown(nil) // a stop, in the middle of the work
		<-app.Reached(quiesce.StateDraining)
		fmt.Println("handled", m, ctx.Err())
		return ctx.Err()
	}
	broker := app.Add("broker", quiesce.Component{Stop: quiesce.NoCtx(func() error {
		fmt.Println("broker closed")
		return nil
	})})
	app.Add("consumer", quiesce.Component{Run: func(ctx context.Context) error {
		for {
			m, err := q.Receive(ctx) // ends when draining begins
			if err != nil {
				return err // ctx's own error is a clean end
			}
			if err := handle(quiesce.WorkContext(ctx), m); err != nil {
				return err
			}
		}
	}}, quiesce.Needs(broker))
	fmt.Println("error:", app.Run(context.Background()))
	// Output:
	// handled one <nil>
	// broker closed
	// error: <nil>
}

// 4. Cron. Calls do not overlap, and one in progress is finished.
func Example_cron() {
	app := quiesce.New("sweeper")
	app.Add("sweep", quiesce.Component{Run: quiesce.Every(time.Millisecond, func(ctx context.Context) error {
		if app.Ready() {
			fmt.Println("swept", ctx.Err())
			app.Shutdown(nil)
		}
		return nil
	})})
	fmt.Println("error:", app.Run(context.Background()))
	// Output:
	// swept <nil>
	// error: <nil>
}

// 5. A command line tool that needs Ctrl-C and nothing else: no app. The second
// Ctrl-C kills; ExitCode dies of the signal, so that scripts stop.
func Example_commandLineTool() {
	ctx, stop := sigmux.NotifyContext(context.Background())
	err := importAll(ctx)
	stop()
	os.Exit(sigmux.ExitCode(ctx, err))
}

func importAll(ctx context.Context) error { return ctx.Err() }

// 6. A sidecar: it goes on until whoever needs it has stopped, and there is no
// load balancer to wait for.
func Example_sidecar() {
	app := quiesce.New("proxy", quiesce.WithReadinessDelay(0))
	proxy := app.Add("proxy", quiesce.Component{
		Run: func(ctx context.Context) error {
			<-ctx.Done()
			fmt.Println("proxy gone")
			return nil
		},
		Drain: quiesce.Nothing, // Run goes on
	})
	app.Add("config", quiesce.Component{Stop: quiesce.NoCtx(func() error {
		fmt.Println("config kept, through the proxy")
		return nil
	})}, quiesce.Needs(proxy))
	untilRunning(app)
	// Output:
	// config kept, through the proxy
	// proxy gone
	// error: <nil>
}

// 7. A batch job that ends by itself. Interrupted it would not exit with 0.
func Example_batchJob() {
	app := quiesce.New("import")
	app.Add("import", quiesce.Component{Run: importAll}, quiesce.Job())
	fmt.Println("error:", app.Run(context.Background()))
	fmt.Println("because:", app.Report().Causes[0].Kind, "code:", app.Report().Code)
	// Output:
	// error: <nil>
	// because: jobs-done code: 0
}

// 8. A test of an app, in virtual time. Start waits until it is running.
func TestExampleAppUnderTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := quiesce.New("tested", quiesce.WithReadinessDelay(5*time.Second))
		app.Add("server", quiesce.Component{Start: quiesce.Nothing, Serves: true})
		s := quiescetest.Start(t, app)
		s.Signal(syscall.SIGTERM)
		if r := s.Wait(); r.Code != 0 || r.Took != 5*time.Second {
			t.Errorf("not the stop that was wanted:\n%s", r.Text())
		}
	})
}

// 9. Two servers: the probes are answered until the end.
func Example_twoServers() {
	admin, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	app := quiesce.New("shop")
	probes := &http.Server{Handler: app.Probes()}
	public := app.Add("public", quiesce.HTTP(&http.Server{Addr: "127.0.0.1:0", Handler: http.NotFoundHandler()}))
	app.Add("admin", quiesce.HTTPOn(probes, admin), quiesce.Outer())
	app.Add("cache", quiesce.Component{Stop: func(ctx context.Context) error {
		for _, probe := range []string{"livez", "readyz"} {
			resp, err := http.Get("http://" + admin.Addr().String() + "/" + probe)
			if err != nil {
				return err
			}
			resp.Body.Close()
			fmt.Println(probe, resp.StatusCode)
		}
		http.DefaultClient.CloseIdleConnections()
		return nil
	}}, quiesce.Needs(public))
	untilRunning(app)
	// Output:
	// livez 200
	// readyz 503
	// error: <nil>
}

// A Flusher is what a library asks for: it need not import quiesce, and there is
// no global registry.
type Flusher interface {
	OnFlush(name string, f func(context.Context) error) error
}

// newTelemetry is in the library.
func newTelemetry(f Flusher) error {
	return f.OnFlush("telemetry", func(context.Context) error {
		fmt.Println("telemetry flushed")
		return nil
	})
}

// 10. A library that has something to do at the end.
func Example_library() {
	app := quiesce.New("shop")
	db := database{}
	app.Add("db", quiesce.Component{Stop: quiesce.NoCtx(db.Close)})
	if err := newTelemetry(app); err != nil {
		fmt.Println(err)
	}
	untilRunning(app)
	fmt.Println("too late:", errors.Is(newTelemetry(app), quiesce.ErrPhaseClosed))
	// Output:
	// database closed
	// telemetry flushed
	// error: <nil>
	// too late: true
}
