// SPDX-License-Identifier: Apache-2.0

//go:build unix

package ctxio_test

import (
	"context"
	"fmt"
	"os/exec"
	"time"

	"github.com/go-quiesce/quiesce/ctxio"
)

// A command that takes too long is told to end, with everything it has started,
// and killed if it is still there ten seconds later.
func ExampleRun() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	err := ctxio.Run(ctx, exec.Command("sleep", "60"), 10*time.Second)
	fmt.Println(err)
	// Output: ctxio: run "sleep": context deadline exceeded: signal: terminated
}

// Start and Wait, for what is to be done meanwhile.
func ExampleStart() {
	p, err := ctxio.Start(context.Background(), exec.Command("true"), 10*time.Second)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Wait())
	// Output: <nil>
}
