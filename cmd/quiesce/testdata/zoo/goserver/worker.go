// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
)

// withWorker answers if a process of its own does.
func withWorker(z *zoo) int {
	if os.Getenv("ZOO_WORKER") != "" {
		_, _ = io.Copy(os.Stdout, os.Stdin)
		return 0
	}
	signal.Ignore(syscall.SIGPIPE)
	w := z.newWorker()
	defer w.end()
	return careful(z.newLife(func(l *life, h http.Handler) http.Handler {
		return saysGoodbye(l, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if err := w.ask(); err != nil {
				log.Print(err)
				rw.WriteHeader(http.StatusInternalServerError)
				return
			}
			h.ServeHTTP(rw, r)
		}))
	}))
}

// A worker is a child process that echoes lines.
type worker struct {
	mu  sync.Mutex // held by who asks
	cmd *exec.Cmd
	in  io.WriteCloser
	out io.Reader
}

func (z *zoo) newWorker() *worker {
	c := exec.Command(os.Args[0], "-species", z.species.Name)
	c.Env = append(os.Environ(), "ZOO_WORKER=1")
	c.Stderr = os.Stderr
	in, err1 := c.StdinPipe()
	out, err2 := c.StdoutPipe()
	if err1 != nil || err2 != nil {
		log.Fatal(err1, err2)
	}
	if err := c.Start(); err != nil {
		log.Fatal(err)
	}
	return &worker{cmd: c, in: in, out: out}
}

func (w *worker) ask() error {
	const line = "are you there\n"
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := io.WriteString(w.in, line); err != nil {
		return err
	}
	answer := make([]byte, len(line))
	if _, err := io.ReadFull(w.out, answer); err != nil {
		return err
	}
	if string(answer) != line {
		return fmt.Errorf("worker: %q", answer)
	}
	return nil
}

// end ends the worker, if it has not been ended.
func (w *worker) end() {
	w.in.Close()
	_ = w.cmd.Wait() // a signal may have ended it
}
