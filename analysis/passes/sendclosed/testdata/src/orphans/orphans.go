// SPDX-License-Identifier: Apache-2.0

package orphans

import (
	"bufio"
	"context"
	"net"
	"sync"
)

type server struct {
	listener net.Listener
	out      chan string
	stop     chan struct{}
}

func newServer(l net.Listener) *server {
	s := &server{listener: l, out: make(chan string), stop: make(chan struct{})}
	go s.loop()
	return s
}

func (s *server) Lines() <-chan string { return s.out }

func (s *server) CloseAsync() { close(s.stop) }

func (s *server) loop() {
	defer func() {
		s.listener.Close()
		close(s.out)
	}()
	send := func(line string) error {
		select {
		case s.out <- line: // want `send on s.out, which the goroutine of line 20 closes when it is told to stop, without waiting for this one: then it may panic`
		case <-s.stop:
			return net.ErrClosed
		}
		return nil
	}
	go func() {
		for {
			conn, err := s.listener.Accept()
			if err != nil {
				return
			}
			go func(c net.Conn) {
				defer c.Close()
				for sc := bufio.NewScanner(c); sc.Scan(); {
					if send(sc.Text()) != nil {
						<-s.stop
						return
					}
				}
			}(conn)
		}
	}()
	<-s.stop
}

func produce(ctx context.Context, next func() int) <-chan int {
	out := make(chan int)
	go func() {
		for {
			select {
			case out <- next(): // want `send on out, which the goroutine of line 72 closes when it is told to stop, without waiting for this one`
			case <-ctx.Done():
				return
			}
		}
	}()
	go func() {
		<-ctx.Done()
		close(out)
	}()
	return out
}

func waited(ctx context.Context, next func() int) <-chan int {
	out := make(chan int)
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		for {
			select {
			case out <- next():
			case <-ctx.Done():
				return
			}
		}
	}()
	go func() {
		<-ctx.Done()
		wg.Wait()
		close(out)
	}()
	return out
}

func told(ctx context.Context, next func() int) <-chan int {
	out := make(chan int)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case out <- next():
			case <-ctx.Done():
				return
			}
		}
	}()
	go func() {
		<-done
		close(out)
	}()
	return out
}

func own(ctx context.Context, next func() int) <-chan int {
	out := make(chan int)
	go func() {
		defer close(out)
		for {
			select {
			case out <- next():
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}
