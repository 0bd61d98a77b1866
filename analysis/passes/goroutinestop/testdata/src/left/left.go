// SPDX-License-Identifier: Apache-2.0

// Package left closes nothing that it has opened.
package left

import (
	"bufio"
	"context"
	"net"
	"sync"
)

type listener struct {
	net.Listener
	*server
}

type server struct {
	address string
	wg      sync.WaitGroup
	cancel  context.CancelFunc
}

func (s *server) Stop() {
	s.cancel()
	s.wg.Wait()
}

func (s *server) Start() error {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		return err
	}
	all := &listener{Listener: l, server: s}
	s.wg.Add(1)
	go func() { // want `the goroutine cannot be stopped: at line \d+ it waits for l, which nothing closes`
		defer s.wg.Done()
		all.listen(ctx)
	}()
	return nil
}

func (l *listener) listen(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	default:
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go l.read(ctx, c) // want `at line \d+ it waits for c, which nothing closes`
		go l.lines(c)     // want `at line \d+ it waits for c, which nothing closes`
	}
}

func (l *listener) read(ctx context.Context, c net.Conn) error {
	reader := bufio.NewReader(c)
	for {
		select {
		case <-ctx.Done():
			return nil
		default:
			if _, err := reader.ReadBytes('\n'); err != nil {
				return err
			}
		}
	}
}

func (l *listener) lines(c net.Conn) {
	scanner := bufio.NewScanner(c)
	for scanner.Scan() {
		l.address = scanner.Text()
	}
}
