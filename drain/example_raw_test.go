// SPDX-License-Identifier: Apache-2.0

package drain_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/go-quiesce/quiesce/drain"
)

// A protocol of lines, whose clients are told to go elsewhere between two requests.
func ExampleConns() {
	s := drain.NewConns(drain.Protocol{
		Addr: "127.0.0.1:0",
		Serve: func(ctx context.Context, c net.Conn) {
			r := bufio.NewReader(c)
			for drain.Next(ctx, r) {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				io.WriteString(c, "you said "+line)
			}
		},
		Advise: func(_ context.Context, c net.Conn) { io.WriteString(c, "closing\n") },
	}, drain.WithPace(0, 0)) // a second or more for more clients than one
	if err := s.Listen(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	served := make(chan error)
	go func() { served <- s.Serve(context.Background()) }()

	client, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	replies := bufio.NewScanner(client)
	io.WriteString(client, "hello\n")
	replies.Scan()
	fmt.Println(replies.Text())

	// Now the signal comes.
	ended := make(chan error)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		ended <- s.Shutdown(ctx, 0)
	}()
	replies.Scan()
	fmt.Println(replies.Text())
	client.Close()
	fmt.Println("shutdown:", <-ended)
	fmt.Println("serve:", <-served)
	// Output:
	// you said hello
	// closing
	// shutdown: <nil>
	// serve: <nil>
}

// What was fetched is finished; what cannot be is delivered again.
func ExampleConsumer() {
	var orders drain.Queue[string]
	orders.Put("tea")
	orders.Put("an elephant")

	began := make(chan struct{}, 2)
	c := drain.NewConsumer(orders.Subscribe(), 2, func(ctx context.Context, m *drain.Delivery[string]) error {
		began <- struct{}{}
		if m.Body == "tea" {
			return nil
		}
		<-ctx.Done() // it takes too long
		return context.Cause(ctx)
	})
	served := make(chan error)
	go func() { served <- c.Serve(context.Background()) }()
	<-began
	<-began

	// Now the signal comes.
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	err := c.Drain(ctx)
	fmt.Println("cancelled:", errors.Is(err, drain.ErrCancelled))
	if held, ok := errors.AsType[*drain.HeldError](err); ok {
		fmt.Println("held by:", held.Holders[0].Who)
	}
	fmt.Println("close:", c.Close(context.Background()))
	fmt.Println("serve:", <-served)
	fmt.Println("left in the queue:", orders.Len())
	// Output:
	// cancelled: true
	// held by: message 2
	// close: <nil>
	// serve: <nil>
	// left in the queue: 1
}

// A pool is closed after those who use it, which DB.Close alone does not wait for.
func ExamplePool() {
	var db *sql.DB // from sql.Open
	pool := drain.NewPool(db.Close)

	report := func(ctx context.Context) error {
		use, ok := pool.Begin("report")
		if !ok {
			return errors.New("stopping")
		}
		defer use.End()
		rows, err := db.QueryContext(ctx, "SELECT …")
		if err != nil {
			return err
		}
		return rows.Close()
	}
	_ = report

	// Now everything else has ended.
	stop := func(ctx context.Context) error { return pool.Close(ctx) }
	_ = stop
}
