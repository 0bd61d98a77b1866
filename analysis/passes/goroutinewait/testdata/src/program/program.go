// SPDX-License-Identifier: Apache-2.0

// Command program ends when its server has stopped.
package main

import (
	"bufio"
	"net"
)

type server struct{ ln net.Listener }

func (s *server) accept() {
	for {
		conn, err := s.ln.Accept()
		if err != nil {
			return
		}
		go func() {
			for s := bufio.NewScanner(conn); s.Scan(); {
				println(s.Text())
			}
		}()
	}
}

func (s *server) Close() { s.ln.Close() }

func main() {
	ln, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return
	}
	s := &server{ln}
	go s.accept()
	s.Close()
}
