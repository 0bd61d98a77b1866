// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"host.org/me/prog/app"
)

func main() {
	runs(new(app.App))
}

func runs(a *app.App) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) // want "a second signal has no effect: nobody receives it while Run waits without a bound"
	defer stop()
	a.Run(ctx)
}

func runsInTime(a *app.App) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	a.RunInTime(ctx)
}

func counted(a *app.App) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) // want "while Run waits"
	defer stop()
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		a.Run(ctx)
	}()
	wg.Wait()
}

func notCounted(a *app.App) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	go a.Run(ctx)
	<-ctx.Done()
}

func givesBack(a *app.App) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop)
	a.Run(ctx)
}

func exits(a *app.App) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	go func() {
		<-ctx.Done()
		time.Sleep(time.Minute)
		os.Exit(1)
	}()
	a.Run(ctx)
}

func signalled() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM) // want "while Run waits"
}

func throughHelper(a *app.App) {
	ctx, stop := signalled()
	defer stop()
	a.Run(ctx)
}

func signalledToo() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
}

func throughHelperInTime(a *app.App) {
	ctx, stop := signalledToo()
	defer stop()
	a.RunInTime(ctx)
}

func closes(a *app.App) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt) // want "while Close waits"
	<-c
	a.Close()
}

func closesInTime(a *app.App) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	<-c
	a.CloseInTime()
}
