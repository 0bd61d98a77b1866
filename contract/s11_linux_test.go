// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"os/signal"
	"strings"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// s11 is about a channel that is closed and still registered.
func s11() claim.Claim {
	return claim.Claim{
		ID:       "S11",
		Told:     "Closing the channel given to Notify unregisters it.",
		Programs: map[string]func(){"closed": closeRegistered, "stopped": stopAndClose},
		Trial: func(x *claim.Trial) {
			c := x.Program("closed")
			c.Env = append(c.Env, "GOTRACEBACK=single") // the default
			r := c.Start(x).Wait()
			a := answers(x, r)
			// The race detector may have its say before the panic.
			_, stack, panicked := strings.Cut(r.Stderr, "panic: send on closed channel")
			inSignal := strings.Contains(stack, "os/signal.process(")
			x.Told(r.Signal == syscall.SIGTERM, "after close(c), SIGTERM kills again")
			x.Told(a["went on"] == "true", "after close(c), a signal does not bother the program")
			x.Fact(r.Code == 2 && panicked && inSignal && !strings.Contains(stack, "closeRegistered"),
				"The next signal is sent to the closed channel: a panic in the goroutine of os/signal (process), exit code 2. Who has closed the channel is not in the stack.")
			x.Fact(panicked && a["recovered"] == "" && a["deferred"] == "", "Nobody can recover it, because the goroutine is not yours; deferred functions do not run.")

			s := x.Run("stopped")
			x.Fact(s.Signal == syscall.SIGTERM && answers(x, s)["open"] == "false",
				"After signal.Stop(c) the channel may be closed: nothing is sent to it any more, and SIGTERM has its default action.")
		},
		So:      "Call signal.Stop(c) before close(c), or do not close it at all: a goroutine that ranges over it ends better by another channel or a context.",
		Covered: []string{"sigmux.Mux.Close", "sigmux.NotifyContext"},
		Vet:     "close of a channel that was given to signal.Notify and not to signal.Stop before",
	}
}

// closeRegistered closes its channel and gets a signal.
func closeRegistered() {
	defer fmt.Println("deferred: true")
	defer func() {
		if v := recover(); v != nil {
			answer("recovered", v)
		}
	}()
	close(notified(1, syscall.SIGTERM))
	deliver(syscall.SIGTERM)
	answer("went on", true)
}

// stopAndClose does it in the right order.
func stopAndClose() {
	c := notified(1, syscall.SIGTERM)
	signal.Stop(c)
	close(c)
	_, open := <-c
	answer("open", open)
	deliver(syscall.SIGTERM)
}
