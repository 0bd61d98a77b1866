// SPDX-License-Identifier: Apache-2.0

package load

import "errors"

var (
	// errFoundClosed is that of a connection on which there was something to read
	// before anything was asked.
	errFoundClosed = errors.New("load: the connection was closed")

	// errPartial is that of a request for which the socket had no room.
	errPartial = errors.New("load: partial write")
)
