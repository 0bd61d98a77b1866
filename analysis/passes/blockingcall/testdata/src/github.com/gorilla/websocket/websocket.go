// SPDX-License-Identifier: Apache-2.0

package websocket

import "time"

type Conn struct{}

func (*Conn) ReadMessage() (int, []byte, error) { return 0, nil, nil }

func (*Conn) SetReadDeadline(time.Time) error { return nil }
