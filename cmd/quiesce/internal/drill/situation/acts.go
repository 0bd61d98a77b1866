// SPDX-License-Identifier: Apache-2.0

package situation

import (
	"bytes"
	"time"

	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// halfBody has sent the header and half the body when the signal comes.
func halfBody(c *client) ending {
	header, body := c.requestWithBody()
	return c.halves(append(header, body[:len(body)/2]...), body[len(body)/2:])
}

// halfHeader has sent half the header.
func halfHeader(c *client) ending {
	whole := c.whole()
	half := bytes.Index(whole, []byte("\r\n\r\n")) / 2
	return c.halves(whole[:half], whole[half:])
}

// halves sends the second half after the signal, unless there is an answer by then,
// or an end, which is a bad one: something was sent.
func (c *client) halves(first, second []byte) ending {
	if e, ok := c.open(); !ok {
		return e
	}
	c.write(first)
	c.await()
	if !c.line.over() {
		c.write(second)
	}
	return c.answer()
}

// idle has been answered and asks again.
func idle(c *client) ending {
	if e, ok := c.keepAlive(); !ok {
		return e
	}
	return c.askAfter()
}

// keepAlive opens a connection that has been used and can be used again.
func (c *client) keepAlive() (ending, bool) {
	if e, ok := c.open(); !ok {
		return e, false
	}
	c.write(c.whole())
	e := c.answer()
	if e.closes && e.err == nil {
		e.err = errClosing
	}
	return e, e.err == nil
}

// firstRequest has connected, and asks for the first time after the signal.
func firstRequest(c *client) ending {
	if e, ok := c.open(); !ok {
		return e
	}
	return c.askAfter()
}

// askAfter sends a request after the signal, unless the connection was closed.
func (c *client) askAfter() ending {
	request := c.whole()
	c.await()
	if c.line.over() {
		return foundClosed()
	}
	c.write(request)
	return c.answer()
}

// halfHandshake has sent half of the first message of TLS. It asks as soon as the
// handshake is over; until then nothing can be lost.
func halfHandshake(c *client) ending {
	if err := c.connect(); err != nil {
		return ending{outcome: load.DialOutcome(err), err: err}
	}
	if err := c.secure(&halting{TCPConn: c.line.tcp, wait: c.await, timeout: c.play.scene.Timeout}); err != nil {
		if isTimeout(err) || c.play.ctx.Err() != nil {
			return ending{outcome: load.Timeout, err: err}
		}
		return ending{outcome: load.TLSFailed, good: c.asked, err: err}
	}
	if c.line.over() {
		return foundClosed()
	}
	c.write(c.whole())
	return c.answer()
}

// silent says nothing at all.
func silent(c *client) ending {
	if err := c.connect(); err != nil {
		return ending{outcome: load.DialOutcome(err), err: err}
	}
	c.await()
	return c.linger()
}

// closedHalf sends the last byte after the signal, and then says that it has nothing
// more to send.
func closedHalf(c *client) ending {
	if e, ok := c.open(); !ok {
		return e
	}
	whole := c.whole()
	last := len(whole) - 1
	c.write(whole[:last])
	c.await()
	if !c.line.over() {
		c.write(whole[last:])
		_ = c.line.tcp.CloseWrite() // if it fails, so does reading
	}
	return c.answer()
}

// goneIdle was answered, and then neither sends nor reads anything.
func goneIdle(c *client) ending {
	e, ok := c.keepAlive()
	if !ok || c.rehearsal {
		return e
	}
	c.await()
	return c.linger()
}

// goneAsking has sent a request, and then neither sends nor reads anything.
func goneAsking(c *client) ending {
	if e, ok := c.open(); !ok {
		return e
	}
	c.write(c.whole())
	c.awaitEnd()
	return c.linger()
}

// hold has sent half a body, and never sends the rest. By the time that another
// request was answered the server has shown whether it waits.
func hold(c *client) ending {
	if c.rehearsal {
		return askWithBody(c)
	}
	if e, ok := c.open(); !ok {
		return e
	}
	header, body := c.requestWithBody()
	c.write(append(header, body[:len(body)/2]...))
	other := &client{play: c.play, form: c.form, rehearsal: true}
	if e := other.act(askWithBody); e.err != nil {
		return e
	}
	held := !c.line.over()
	if held {
		c.play.waiting.Add(1)
	}
	c.asked = true
	c.ready()
	_ = c.line.SetReadDeadline(time.Time{}) // if it fails, so does reading
	_, _ = c.line.in.Peek(1)                // until it is answered, or ends
	if held {
		c.play.waiting.Add(-1)
	}
	return c.linger()
}

func askWithBody(c *client) ending {
	header, body := c.requestWithBody()
	return c.halves(header, body)
}
