// SPDX-License-Identifier: Apache-2.0

package target

import (
	"bufio"
	"syscall"
	"testing"
	"time"
)

// BenchmarkRound is all that a round costs here: start, signal, exit, leftovers, close,
// with the server's own start and end.
func BenchmarkRound(b *testing.B) {
	argv, env := self("server")
	for b.Loop() {
		out := newLines()
		server, err := Start(b.Context(), Spec{Argv: argv, Env: env, Output: out})
		if err != nil {
			b.Fatal(err)
		}
		out.await("ready")
		server.Listening()
		server.Signal(syscall.SIGTERM, false)
		<-server.Exited()
		if left := server.Leftovers(b.Context(), time.Second); len(left) > 0 {
			b.Fatal(left)
		}
		if err := server.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTrivial is a server that does nothing.
func BenchmarkTrivial(b *testing.B) {
	var seen time.Duration
	for b.Loop() {
		server, err := Start(b.Context(), Spec{Argv: []string{"/bin/true"}})
		if err != nil {
			b.Fatal(err)
		}
		<-server.Exited()
		_, at := server.Exit()
		seen += time.Since(at)
		server.Leftovers(b.Context(), time.Second)
		server.Close()
	}
	b.ReportMetric(float64(seen.Microseconds())/float64(b.N), "µs-exit-to-seen")
}

// BenchmarkColdStart is a start for which there is no guard yet.
func BenchmarkColdStart(b *testing.B) {
	for b.Loop() {
		guards.empty()
		server, err := Start(b.Context(), Spec{Argv: []string{"/bin/true"}})
		if err != nil {
			b.Fatal(err)
		}
		server.Close()
	}
}

// BenchmarkBare is what the server of BenchmarkRound costs without us.
func BenchmarkBare(b *testing.B) {
	for b.Loop() {
		c := command("server")
		out, err := c.StdoutPipe()
		if err == nil {
			err = c.Start()
		}
		if err != nil {
			b.Fatal(err)
		}
		bufio.NewReader(out).ReadString('\n')
		c.Process.Signal(syscall.SIGTERM)
		c.Wait()
	}
}
