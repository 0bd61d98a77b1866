// SPDX-License-Identifier: Apache-2.0

package broker

// Options are what a connection calls.
type Options struct {
	Message func(string)
	Lost    func(error)
}

// OnMessage has f called for each message, in goroutines of the connection.
func (o *Options) OnMessage(f func(string)) { o.Message = f }

// OnLost has f called when the connection is lost.
func (o *Options) OnLost(f func(error)) { o.Lost = f }
