// SPDX-License-Identifier: Apache-2.0

package scope_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-quiesce/quiesce/scope"
)

// A consumer starts when its cache is warm, and is restarted with it.
func ExampleSupervisor() {
	failures := 1
	cache := func(ctx context.Context) error {
		if failures > 0 {
			failures--
			return errors.New("no connection")
		}
		fmt.Println("cache is warm")
		scope.Ready(ctx)
		<-ctx.Done()
		fmt.Println("cache ends")
		return ctx.Err()
	}
	enough := make(chan struct{})
	consume := func(ctx context.Context) error {
		fmt.Println("consumer begins")
		close(enough)
		<-ctx.Done() // take no new work
		fmt.Println("consumer ends")
		return ctx.Err()
	}

	feeds, err := scope.NewSupervisor("feeds", []scope.Service{
		{Name: "cache", Run: cache, ReadyWithin: 10 * time.Second},
		{Name: "consumer", Run: consume, Restart: scope.Transient},
	}, scope.WithStrategy(scope.RestForOne), scope.WithObserver(func(s scope.ServiceStatus, err error) {
		if err != nil {
			fmt.Printf("%s: %v: %v\n", s.Name, s.State, err)
		}
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	tasks := scope.New(context.Background(), "app")
	defer tasks.Stop()
	if err := tasks.Go(context.Background(), "feeds", feeds.Run); err != nil {
		fmt.Println(err)
		return
	}
	<-enough
	tasks.Shut(nil)
	fmt.Println(tasks.Wait(context.Background()))
	// Output:
	// cache: backoff: no connection
	// cache is warm
	// consumer begins
	// consumer ends
	// cache ends
	// <nil>
}
