// SPDX-License-Identifier: Apache-2.0

package main // want `{"package":"a","takes":\["SIGINT","SIGQUIT","SIGTERM"\],"ignores":\["SIGHUP"\]}`

import (
	"context"
	"lib"
	"os/signal"
	"syscall"
)

func main() {
	signal.Ignore(syscall.SIGHUP)
	_, stop := signal.NotifyContext(context.Background(), syscall.Signal(15))
	defer stop()
	lib.Wait()
}
