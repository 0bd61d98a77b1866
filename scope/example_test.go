// SPDX-License-Identifier: Apache-2.0

package scope_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-quiesce/quiesce/scope"
)

// Several things at once, of which all are needed: the first error ends the others.
func ExampleNew() {
	fetch := func(ctx context.Context, page string) error {
		if page == "/missing" {
			return errors.New("not found")
		}
		<-ctx.Done() // a slow page, which nobody wants any more
		return ctx.Err()
	}

	ctx := context.Background()
	s := scope.New(ctx, "fetch")
	defer s.Stop()
	for _, page := range []string{"/a", "/b", "/missing"} {
		if err := s.Go(ctx, "page", func(ctx context.Context) error { return fetch(ctx, page) }); err != nil {
			break // another page has failed already
		}
	}
	fmt.Println(s.Wait(ctx))
	// Output: task "page" of "fetch": not found
}

// A scope that lives as long as a server: its tasks are no business of each other, and
// what is in flight is finished before the program ends.
func ExampleScope_Close() {
	ctx := context.Background()
	var mu sync.Mutex
	var log []string
	say := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		log = append(log, fmt.Sprintf(format, args...))
	}

	server := scope.New(ctx, "server", scope.WithPolicy(scope.Isolate),
		scope.WithErrors(func(err *scope.TaskError) { say("%v", err) }))
	busy := make(chan struct{})
	_ = server.Go(ctx, "order", func(context.Context) error { return errors.New("no such article") })
	_ = server.Go(ctx, "consume", func(ctx context.Context) error {
		close(busy)
		<-ctx.Done() // no new work is to be taken
		// What was begun goes on, and may start tasks.
		return server.Go(ctx, "commit", func(ctx context.Context) error {
			say("committed: %v", scope.WorkContext(ctx).Err() == nil)
			return nil
		})
	})
	<-busy

	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	fmt.Println(server.Close(ctx))
	fmt.Println(server.Go(ctx, "order", func(context.Context) error { return nil }))
	slices.Sort(log)
	for _, line := range log {
		fmt.Println(line)
	}
	// Output:
	// <nil>
	// scope: "server" is closed: scope was stopped
	// committed: true
	// task "order" of "server": no such article
}

// Close says who did not stop.
func ExampleUnstoppedError() {
	s := scope.New(context.Background(), "jobs")
	release := make(chan struct{})
	_ = s.Go(context.Background(), "report", func(context.Context) error {
		<-release // it does not look at its context
		return nil
	})

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	err := s.Close(ctx)
	if u, ok := errors.AsType[*scope.UnstoppedError](err); ok {
		for _, g := range u.Survey.Groups {
			fmt.Printf("%d × %s of %s\n", g.Count, g.Task, g.Scope)
		}
	}
	close(release)
	// Output: 1 × report of jobs
}

// At most two at once: Go waits for its turn.
func ExampleWithLimit() {
	ctx := context.Background()
	s := scope.New(ctx, "resize", scope.WithLimit(2))
	defer s.Stop()
	var mu sync.Mutex
	running, most := 0, 0
	for range 6 {
		_ = s.Go(ctx, "image", func(context.Context) error {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			time.Sleep(time.Millisecond) // the work
			mu.Lock()
			running--
			mu.Unlock()
			return nil
		})
	}
	fmt.Println(s.Wait(ctx), most <= 2)
	// Output: <nil> true
}

// The same question to several, of whom the first answer is enough.
func ExampleFirstSuccess() {
	ctx := context.Background()
	s := scope.New(ctx, "ask", scope.WithPolicy(scope.FirstSuccess))
	defer s.Stop()
	answer := make(chan string, 3)
	for _, replica := range []string{"down", "up", "slow"} {
		_ = s.Go(ctx, "replica", func(ctx context.Context) error {
			switch replica {
			case "down":
				return errors.New("connection refused")
			case "slow":
				<-ctx.Done()
				return ctx.Err()
			}
			answer <- replica
			return nil
		})
	}
	fmt.Println(s.Wait(ctx), <-answer)
	// Output: <nil> up
}

// A handle: one task that can be waited for, and cancelled, alone.
func ExampleScope_Start() {
	ctx := context.Background()
	s := scope.New(ctx, "watch")
	defer s.Stop()
	task, err := s.Start(ctx, "config", func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}, scope.Cancelable())
	if err != nil {
		return
	}
	task.Cancel(errors.New("another file is watched"))
	fmt.Println(task.Wait(ctx), task.Outcome(), s.State())
	// Output: <nil> ok open
}

// A live map of what runs.
func ExampleScope_Survey() {
	ctx := context.Background()
	s := scope.New(ctx, "shop")
	defer s.Stop()
	web := scope.New(s.Context(), "web") // s has it until it is stopped
	wait := func(ctx context.Context) error { <-ctx.Done(); return nil }
	_ = s.Go(ctx, "accept", wait)
	_ = web.Go(ctx, "request", wait)
	_ = web.Go(ctx, "request", wait)
	for _, g := range s.Survey().Groups {
		fmt.Printf("%-8s %-8s %d\n", g.Scope, g.Task, g.Count)
	}
	// Output:
	// shop     accept   1
	// shop/web request  2
}
