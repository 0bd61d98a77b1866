// SPDX-License-Identifier: Apache-2.0

package situation

import (
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// A form is a kind of clients. The rehearsal sets what is learnt of it.
type form struct {
	what  string
	play  func(*client) ending
	plain bool // it needs no HTTP
	alone bool // there is no rehearsal: nothing is asked
	body  bool // the request has one, made up if need be
	soon  bool // it is to finish what it has begun soon after the signal
	again int  // more rehearsals, of what servers may do well only at times

	method string // of the request, if it is not the usual one
	status int    // of an answer in peace
	size   int64  // of it, with its header
	took   time.Duration
}

// formsOf returns the kinds of clients of a situation.
func formsOf(s record.Situation, scene *Scene) []form {
	switch s {
	case record.Handshake:
		return handshake(scene.TLS != nil)
	case record.Body:
		return []form{
			{what: "half a body", play: halfBody, body: true, soon: true},
			{what: "half a header", play: halfHeader, soon: true},
		}
	case record.Idle:
		return []form{{what: "idle connection", play: idle}}
	case record.SlowClient:
		return []form{{what: "slow reader", play: slow}}
	case record.HalfOpen:
		return []form{
			{what: "client that closed its half", play: closedHalf, soon: true, again: 4},
			{what: "client that has gone, idle", play: goneIdle},
			{what: "client that closed its half", play: closedHalf, soon: true, again: 4},
			{what: "client that has gone, unanswered", play: goneAsking, alone: true},
			{what: "client that has gone, silent", play: silent, plain: true, alone: true},
		}
	case record.NeverReads:
		return []form{{what: "client that never reads", play: neverReads}}
	case record.Twice, record.TermInt:
		return []form{{what: "request that never finishes", play: hold, body: true}}
	default:
		return nil
	}
}

func handshake(tls bool) []form {
	forms := []form{
		{what: "silent connection", play: silent, plain: true, alone: true},
		{what: "first request of a connection", play: firstRequest},
	}
	if tls {
		forms = append(forms, form{what: "half a TLS handshake", play: halfHandshake})
	}
	return forms
}

func withoutHTTP(forms []form) []form {
	var plain []form
	for _, f := range forms {
		if f.plain {
			plain = append(plain, f)
		}
	}
	return plain
}
