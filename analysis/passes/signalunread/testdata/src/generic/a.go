// SPDX-License-Identifier: Apache-2.0

// Package generic keeps channels in fields of generic types.
package generic

import (
	"os"
	"os/signal"
)

type server[H any] struct {
	signals, unread chan os.Signal
	handler         H
}

func start[H any](h H) *server[H] {
	s := &server[H]{signals: make(chan os.Signal, 1), unread: make(chan os.Signal, 1), handler: h}
	signal.Notify(s.signals, os.Interrupt)
	signal.Notify(s.unread, os.Interrupt) // want `nobody receives from this channel`
	return s
}

func (s *server[H]) wait() { <-s.signals }

func use() { start(1).wait() }

// Its field has the type of a parameter: who receives is not known.
type sender[C ~chan os.Signal] struct{ c C }

func newSender() *sender[chan os.Signal] {
	s := &sender[chan os.Signal]{c: make(chan os.Signal, 1)}
	signal.Notify(s.c, os.Interrupt)
	return s
}

func (s *sender[C]) wait() { <-s.c }
