// SPDX-License-Identifier: Apache-2.0

// Package reads asks peers over plain connections.
package reads

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"time"
)

func ask(address string) ([]byte, error) {
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	fmt.Fprintf(conn, "stats")
	return io.ReadAll(conn) // want `io.ReadAll has no time limit: that of the dial is none for the answer`
}

func line(address string) (string, error) {
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	r := bufio.NewReader(conn)
	return r.ReadString('\n') // want `r.ReadString has no time limit`
}

func inTime(address string) ([]byte, error) {
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Second))
	return io.ReadAll(conn)
}

func within() ([]byte, error) {
	conn, err := net.DialTimeout("unix", "/run/a.sock", time.Second)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return io.ReadAll(conn)
}

func ended(ctx context.Context, address string) ([]byte, error) {
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return nil, err
	}
	go func() {
		<-ctx.Done()
		conn.Close()
	}()
	return io.ReadAll(conn)
}

func elsewhere(address string) ([]byte, error) {
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return nil, err
	}
	limit(conn)
	return io.ReadAll(conn)
}

func limit(net.Conn) {}

func dial(ctx context.Context, address string) {
	var d net.Dialer
	(&net.Dialer{}).DialContext(context.Background(), "tcp", address) // want `DialContext has no time limit`
	d.DialContext(ctx, "tcp", address)
	(&net.Dialer{Timeout: time.Second}).DialContext(context.Background(), "tcp", address)
}
