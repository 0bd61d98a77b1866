// SPDX-License-Identifier: Apache-2.0

// Package drill stops a server under load, over and over and at drawn moments, and
// records what its clients, its probes and its process have seen of that.
//
// [Run] makes rounds until there are enough or the time is over; [record.Run] is what
// comes of it, judged. A round is one [record.Schedule]: [Config.Plan] lists them, a
// seed makes the same ones again, and a failing one is made smaller before it is
// reported.
package drill

import (
	"errors"
	"syscall"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// ErrTarget is matched by the errors of [Run] that mean that the server could not be
// run: it was not found, or was never ready.
var ErrTarget = errors.New("the server could not be run")

// A Config says what a drill does. "{port}" in Setup.Command, in the URLs, in the
// requests' Host and in Env is replaced by a free port, which the server's environment
// has as PORT too. It is the same in all rounds; a rolling drill takes turns with two.
type Config struct {
	// Setup is what is asked for. SetDefaults fills in what is zero.
	Setup record.Setup

	// Env is what the server's environment has beside the drill's own.
	Env []string

	// Dir is where the server runs; empty: where the drill does.
	Dir string

	// Loads are the clients, in the order of Setup.Loads.
	Loads []LoadConfig

	// Write and Read are the templates of acknowledged writes, with "{id}" in them.
	// They need each other.
	Write, Read *load.Request

	// ReadContains says that an answer to Read is right only with the id in it.
	ReadContains bool

	// Situations are those other than Plain, in the order in which they are tried.
	Situations []record.Situation

	// Upgrade is the signal on which the server replaces itself, in that mode.
	Upgrade syscall.Signal

	// Replay, if set, is the only schedule, made Setup.Rounds times. Its Seed, if 0,
	// is Setup.Seed.
	Replay *record.Schedule

	// Shrink says that a schedule that fails is made smaller.
	Shrink bool

	// Remote allows servers that are not on this machine's loopback.
	Remote bool

	// Progress is told of each round and of what is noteworthy; may be nil.
	Progress Progress

	// Tool is the version of quiesce.
	Tool string

	// Flags are the flags as they were given, without those of seed, replay, rounds
	// and duration: for the replay line.
	Flags []string
}

// Progress is told how a drill goes on, from one goroutine.
type Progress interface {
	// Round is called after each round with how many were made, and how many will
	// be: 0 if that is not known.
	Round(r *record.Round, done, planned int)

	// Note is called with a sentence.
	Note(text string)
}

// A LoadConfig is one kind of clients.
type LoadConfig struct {
	record.LoadSetup

	// Request is what HTTP clients send. Path and TLS, if not set, come from the URL.
	Request load.Request

	// Kind is the clients' protocol; nil: by Protocol, and NewConn, which HTTP and SSE
	// need nothing more for.
	Kind load.Kind
}
