// SPDX-License-Identifier: Apache-2.0

//go:build unix

package sender_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/go-quiesce/quiesce/sigmux"
	"github.com/go-quiesce/quiesce/sigmux/sender"
)

// A program that says who ended it. Here it was the program itself.
func ExampleOS() {
	ctx, stop := sigmux.NotifyContextFrom(context.Background(), sender.OS())
	defer stop()
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		fmt.Println(err)
		return
	}
	<-ctx.Done()
	fmt.Fprintln(os.Stderr, context.Cause(ctx)) // terminated by SIGTERM from pid 4242 (shop) uid 0

	s, _ := errors.AsType[*sigmux.SignalError](context.Cause(ctx))
	ourselves := s.Sender.PID == os.Getpid()
	fmt.Println(sigmux.Name(s.Signal), ourselves || sender.Supported() != nil)
	// Output: SIGTERM true
}
