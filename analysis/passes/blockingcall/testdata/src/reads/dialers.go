// SPDX-License-Identifier: Apache-2.0

package reads

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"time"
)

type dialer interface {
	Dial(address string, timeout time.Duration) (net.Conn, error)
}

func askBy(d dialer, address string) (out string, err error) {
	conn, err := d.Dial(address, time.Second)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	return out, json.NewDecoder(conn).Decode(&out) // want `json.NewDecoder\(conn\).Decode has no time limit`
}

func dialWithin(address string, timeout time.Duration) (net.Conn, error) {
	conn, err := net.DialTimeout("tcp", address, timeout)
	if err != nil {
		return nil, err
	}
	return conn, conn.SetDeadline(time.Now().Add(timeout))
}

func askWithin(address string) ([]byte, error) {
	conn, err := dialWithin(address, time.Second)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return io.ReadAll(conn)
}

func shakeHands(address string) error {
	plain, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return err
	}
	defer plain.Close()
	conn := tls.Client(plain, &tls.Config{})
	return conn.Handshake() // want `conn.Handshake has no time limit`
}

func shakeHandsInTime(address string) error {
	plain, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return err
	}
	defer plain.Close()
	plain.SetDeadline(time.Now().Add(time.Second))
	return tls.Client(plain, &tls.Config{}).Handshake()
}
