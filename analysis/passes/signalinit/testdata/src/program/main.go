// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/signal"
	"syscall"
)

var c = make(chan os.Signal, 1)

func init() { signal.Notify(c, syscall.SIGTERM) }

func main() { <-c }
