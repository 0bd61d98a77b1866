// SPDX-License-Identifier: Apache-2.0

package reads

import (
	"context"

	"github.com/gorilla/websocket"
)

func next(ctx context.Context, conn *websocket.Conn) ([]byte, error) {
	_, data, err := conn.ReadMessage() // want `conn.ReadMessage waits for a message without a deadline, and does not end with ctx`
	return data, err
}

func pump(conn *websocket.Conn) {
	for {
		conn.ReadMessage()
	}
}
