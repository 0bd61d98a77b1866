// SPDX-License-Identifier: Apache-2.0

// Package websocket stands for the real one.
package websocket

import "net/http"

type Conn struct{}

func (*Conn) Close() error                      { return nil }
func (*Conn) ReadMessage() (int, []byte, error) { return 0, nil, nil }
func (*Conn) WriteMessage(int, []byte) error    { return nil }

type Upgrader struct{}

func (*Upgrader) Upgrade(http.ResponseWriter, *http.Request, http.Header) (*Conn, error) {
	return &Conn{}, nil
}
