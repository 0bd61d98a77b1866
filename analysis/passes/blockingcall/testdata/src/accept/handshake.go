// SPDX-License-Identifier: Apache-2.0

package accept

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

func (m *mux) ssh(config *ssh.ServerConfig) {
	for {
		conn, err := m.Accept()
		if err != nil {
			continue
		}
		_, chans, reqs, err := ssh.NewServerConn(conn, config) // want `ssh.NewServerConn has no deadline in the accept loop`
		if err != nil {
			continue
		}
		go handle(chans, reqs)
	}
}

func handle(<-chan ssh.NewChannel, <-chan *ssh.Request) {}

// A goroutine of its own: the others get in, until there are too many that say nothing.
func (m *mux) sshOwn(config *ssh.ServerConfig, wg *sync.WaitGroup) {
	for {
		conn, err := m.Accept()
		if err != nil {
			continue
		}
		go func() {
			ssh.NewServerConn(conn, config) // want `ssh.NewServerConn has no deadline: a client that sends nothing keeps the connection and its goroutine for ever; set one before`
		}()
		wg.Go(func() {
			ssh.NewServerConn(conn, config) // want `ssh.NewServerConn has no deadline: a client`
		})
		go m.login(conn, config)
		go m.loginWithin(conn, config)
	}
}

func (m *mux) login(conn net.Conn, config *ssh.ServerConfig) {
	ssh.NewServerConn(conn, config) // want `ssh.NewServerConn has no deadline: a client`
}

func (m *mux) loginWithin(conn net.Conn, config *ssh.ServerConfig) {
	conn.SetDeadline(time.Now().Add(limit))
	if _, _, _, err := ssh.NewServerConn(conn, config); err != nil {
		return
	}
	conn.SetDeadline(time.Time{})
}

// Somebody else ends it.
func (m *mux) watched(ctx context.Context, config *ssh.ServerConfig) {
	for {
		conn, err := m.Accept()
		if err != nil {
			continue
		}
		go func() {
			<-time.After(limit)
			conn.Close()
		}()
		go m.quiet(conn, config)
	}
}

func (m *mux) quiet(conn net.Conn, config *ssh.ServerConfig) {
	ssh.NewServerConn(conn, config)
}

func (m *mux) raced(conn net.Conn) error {
	tlsConn := tls.Server(conn, m.config)
	errs := make(chan error, 1)
	go func() { errs <- tlsConn.Handshake() }()
	select {
	case err := <-errs:
		return err
	case <-time.After(limit):
		conn.Close()
		return errors.New("no handshake")
	}
}

func (m *mux) tls(ctx context.Context) {
	for {
		conn, err := m.Accept()
		if err != nil {
			return
		}
		go m.raced(conn)
		go func() {
			tlsConn := tls.Server(conn, m.config)
			if err := tlsConn.Handshake(); err != nil { // want `tlsConn.Handshake has no deadline: a client`
				conn.Close()
			}
			bufio.NewReader(tlsConn).ReadString('\n')
		}()
		tlsConn, ok := conn.(*tls.Conn)
		if !ok {
			continue
		}
		bounded, cancel := context.WithTimeout(ctx, limit)
		tlsConn.HandshakeContext(bounded)
		cancel()
		tlsConn.HandshakeContext(context.Background()) // want `tlsConn.HandshakeContext has no deadline in the accept loop`
	}
}

// The handshakes of clients of this program are others' concern.
func (m *mux) proxy(dial func() net.Conn) {
	for {
		conn, err := m.Accept()
		if err != nil {
			return
		}
		go func() {
			up := tls.Client(dial(), m.config)
			up.Handshake()
			conn.Close()
		}()
	}
}

// tlsListener has an Accept that whoever serves calls in a loop.
type tlsListener struct {
	net.Listener
	config *tls.Config
}

func (l *tlsListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	in := bufio.NewReader(conn)
	if _, err := in.Peek(1); err != nil { // want `in.Peek has no deadline in Accept: one client that sends nothing holds all others`
		return nil, err
	}
	return conn, nil
}
