// SPDX-License-Identifier: Apache-2.0

// Package record holds what a drill has seen and what was made of it. Its JSON form
// is the report that programs read: see [Schema].
//
// One drill is a [Run] of rounds. A [Round] is one life of the server under test, or
// one hand-over between two, with one [Schedule]: what is done to it and when. All
// times of a round are since its Began, on the monotonic clock of the drill; durations
// are nanoseconds in JSON.
package record

import "time"

// Schema is the version of the JSON form. It changes when a field changes its meaning
// or goes away; new fields do not change it.
const Schema = 1

// A Run is one drill.
type Run struct {
	Schema      int           `json:"schema"`                // Schema
	Tool        string        `json:"tool"`                  // version of quiesce
	Began       time.Time     `json:"began"`                 // wall clock
	Took        time.Duration `json:"took"`                  // until the last round was over
	Setup       Setup         `json:"setup"`                 // what was asked for
	Rounds      []Round       `json:"rounds"`                // in order
	Skipped     []Skip        `json:"skipped,omitempty"`     // what was to be tried and was not
	Interrupted string        `json:"interrupted,omitempty"` // why it ended early; the rounds until then are here
	Verdict     Verdict       `json:"verdict"`               // over all checks
	Reason      string        `json:"reason"`                // of the verdict, one sentence
	Checks      []Check       `json:"checks"`                // all of them, in their order
	Bound       Bound         `json:"bound"`                 // how much "none" says
	Smallest    *Schedule     `json:"smallest,omitempty"`    // the smallest schedule that still fails
	Replay      string        `json:"replay,omitempty"`      // the command line that repeats it
}

// A Setup is what was asked for, with the defaults filled in and secrets taken out.
type Setup struct {
	Command  []string      `json:"command,omitempty"` // of the server; empty with PID or Unit
	PID      int           `json:"pid,omitempty"`
	Unit     string        `json:"unit,omitempty"`
	Loads    []LoadSetup   `json:"loads"`
	Ready    string        `json:"ready,omitempty"` // URL of the readiness probe; empty: a connection and an answer
	Live     string        `json:"live,omitempty"`  // URL of the liveness probe; empty: none
	Signal   string        `json:"signal"`          // "SIGTERM"
	Grace    time.Duration `json:"grace"`           // what a stop may take
	Delay    time.Duration `json:"readiness_delay"` // how long it has to serve after readiness is off; 0: not at all
	Codes    []int         `json:"exit_codes"`      // that are allowed
	Mode     Mode          `json:"mode"`
	Seed     uint64        `json:"seed"`
	Rounds   int           `json:"rounds"`    // to make; 0: as many as fit
	Duration time.Duration `json:"duration"`  // for all rounds; 0: as long as it takes
	MinStops int           `json:"min_stops"` // without as many there is no PASS
	MinSent  int           `json:"min_requests"`
	Writes   bool          `json:"writes"` // acknowledged writes are read back

	Situations []Situation `json:"situations,omitempty"` // to be tried, beside the plain one; none: all that were, or are among those skipped
	Skip       []string    `json:"skip,omitempty"`       // ids of checks that are switched off
}

// A LoadSetup is one kind of clients.
type LoadSetup struct {
	Name        string        `json:"name"`          // "keepalive", "new", "h2", "grpc", "ws", "sse", "tcp", "write", ...
	Protocol    Protocol      `json:"protocol"`      // what they speak
	URL         string        `json:"url"`           // where
	Connections int           `json:"connections"`   // at once
	Rate        float64       `json:"rate"`          // requests a second that are due, over all connections; 0: each waits for its answer
	Think       time.Duration `json:"think"`         // between an answer and the next request, if there is no rate
	Long        bool          `json:"long"`          // its requests last until the server ends them
	NewConn     bool          `json:"connects_anew"` // each request on a connection of its own
}

// A Protocol is what clients speak.
type Protocol string

const (
	HTTP1 Protocol = "http/1.1"
	HTTP2 Protocol = "h2"
	GRPC  Protocol = "grpc"
	WS    Protocol = "websocket"
	SSE   Protocol = "sse"
	TCP   Protocol = "tcp"
)

// A Mode is how one instance follows the other.
type Mode string

const (
	Restart Mode = "restart" // the only instance is stopped, and started again
	Rolling Mode = "rolling" // its successor serves first; the balancer turns away from it when it is not ready
	Upgrade Mode = "upgrade" // the server replaces itself on its own signal
)

// A Skip is something that could not be tried, and why.
type Skip struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// A Schedule is what is done to the server in one round; the same schedule does the
// same again, as far as the clocks allow.
type Schedule struct {
	Seed      uint64        `json:"seed"`              // of everything that is drawn
	Situation Situation     `json:"situation"`         // what clients do when the signal comes
	Signals   []SignalAt    `json:"signals"`           // in order; the first asks for the stop, if any does
	Window    time.Duration `json:"window"`            // how long the load runs before the first signal
	Loads     []string      `json:"loads"`             // names of the loads that run
	Callers   int           `json:"callers,omitempty"` // at most so many a load; 0: as set up
}

// A SignalAt is one signal.
type SignalAt struct {
	Signal string        `json:"signal"`          // "SIGTERM"
	After  time.Duration `json:"after"`           // the first: since every client had its first answer (MarkLoad), or since the server was started, if the situation is AtStart; another: since the one before it
	Group  bool          `json:"group,omitempty"` // to the process group
}

// A Situation is what is special about a round.
type Situation string

// The situations. Every one but Plain runs a smaller load beside what it is about.
const (
	Plain      Situation = "plain"       // the load, and one signal
	AtStart    Situation = "start"       // the signal comes while it starts
	Handshake  Situation = "handshake"   // connections are there that have said nothing
	Body       Situation = "body"        // requests whose bodies are half sent, and are finished afterwards
	Idle       Situation = "idle"        // keep-alive connections that were used and wait; each is used once more afterwards
	Twice      Situation = "twice"       // the signal comes again: it must not stop faster than the first allows, nor be ignored
	TermInt    Situation = "term_int"    // TERM, then INT
	HUP        Situation = "hup"         // a HUP before the stop
	USR1       Situation = "usr1"        // a USR1 before the stop
	StopCont   Situation = "stop_cont"   // STOP and CONT before the stop, and within it
	Group      Situation = "group"       // to the process group, as Ctrl-C is
	Shell      Situation = "shell"       // a shell is its parent, as sh -c in a container
	SlowClient Situation = "slow_client" // clients that read slowly
	HalfOpen   Situation = "half_open"   // clients that have gone without a word, or have closed their half
	NeverReads Situation = "never_reads" // clients that send requests and never read
)

// A Round is what happened in one.
type Round struct {
	Number    int           `json:"number"` // from 1
	Schedule  Schedule      `json:"schedule"`
	Began     time.Duration `json:"began"`            // since the run's
	Took      time.Duration `json:"took"`             // with starting and looking for leftovers
	Overhead  time.Duration `json:"overhead"`         // of Took: neither the load's window nor the server's start and stop
	Marks     []Mark        `json:"marks"`            // in the order of time
	Signalled time.Duration `json:"signalled"`        // when the first signal that asks for the stop was sent; -1: never
	Exited    time.Duration `json:"exited"`           // when the process was gone; -1: it was killed by the drill, or was to stay
	Exit      Exit          `json:"exit"`             // how
	Loads     []Load        `json:"loads"`            // in the order of the schedule
	Lost      []Lost        `json:"lost,omitempty"`   // the first ones
	Probes    []Probe       `json:"probes,omitempty"` // changes only
	Fates     []Fate        `json:"fates,omitempty"`  // of the connections that the situation is about
	Left      []Leftover    `json:"left,omitempty"`   // what the server left behind
	Writes    *Writes       `json:"writes,omitempty"`
	Lag       Lag           `json:"lag"`               // of the load itself
	Inside    *Inside       `json:"inside,omitempty"`  // the server's own report
	Output    string        `json:"output,omitempty"`  // the end of what it printed, if the round is a bad one
	Problem   string        `json:"problem,omitempty"` // the round could not be made or says nothing, and why
	Server    *ServerCount  `json:"server,omitempty"`  // its own count, if it tells one
}

// A Mark is something that happened once.
type Mark struct {
	What   MarkKind      `json:"what"`
	At     time.Duration `json:"at"`
	Detail string        `json:"detail,omitempty"` // the signal's name, say
}

// A MarkKind says what.
type MarkKind string

const (
	MarkStarted   MarkKind = "started"         // the process was started
	MarkReady     MarkKind = "ready"           // its readiness probe said so
	MarkLoad      MarkKind = "load"            // every client had its first answer
	MarkSignal    MarkKind = "signal"          // was sent; Detail is its name
	MarkUnready   MarkKind = "not_ready"       // the readiness probe went off, or was refused
	MarkClosed    MarkKind = "listener_closed" // the first connection was refused
	MarkTurned    MarkKind = "turned"          // new connections reach the successor
	MarkLast      MarkKind = "last_answer"     // the last that it gave
	MarkExited    MarkKind = "exited"          // the process was gone
	MarkKilled    MarkKind = "killed"          // by the drill, at the end of the grace period
	MarkSuccessor MarkKind = "successor_ready" // the other instance was ready
	MarkReplaced  MarkKind = "replaced"        // the process was its own successor, and those below it that had served before were gone
)

// An Exit is how the process ended.
type Exit struct {
	Code    int           `json:"code"`              // -1 if a signal ended it, or it did not end
	Signal  string        `json:"signal,omitempty"`  // that ended it
	Killed  bool          `json:"killed"`            // by the drill: it did not end in time
	Unknown bool          `json:"unknown,omitempty"` // nobody tells us: it was not a child of ours
	CPU     time.Duration `json:"cpu"`               // user and system time
	MaxRSS  int64         `json:"max_rss"`           // bytes
}

// A Load is what one kind of clients saw.
type Load struct {
	Name       string         `json:"name"`
	Sent       int            `json:"sent"`     // attempts on the wire
	Window     int            `json:"window"`   // of them, in flight at the signal or sent after it, until the server was gone
	Outcomes   map[string]int `json:"outcomes"` // by id of load.Outcome
	Lost       int            `json:"lost"`
	Safe       int            `json:"safe_to_retry"`
	Answered   int            `json:"answered"`
	Refused    int            `json:"refused"`        // connections, none of which was an attempt on a server that still served
	Latency    Quantiles      `json:"latency"`        // of answers, from when they were due
	Before     Quantiles      `json:"latency_before"` // of those due before the signal
	After      Quantiles      `json:"latency_after"`
	Reconnects int            `json:"reconnects"`
	Told       int            `json:"told_to_leave"`
	GoAways    int            `json:"goaways"`
	Buckets    []Bucket       `json:"buckets,omitempty"` // over time, around the signal
}

// A Bucket is a slice of time of a load.
type Bucket struct {
	From     time.Duration `json:"from"`     // since the round's Began; BucketWidth long
	Answered int           `json:"answered"` // requests that ended so in it
	Safe     int           `json:"safe_to_retry"`
	Refused  int           `json:"refused"`
	Lost     int           `json:"lost"`
	Slowest  time.Duration `json:"slowest"` // answer
}

// BucketWidth is how long a bucket is.
const BucketWidth = 10 * time.Millisecond

// A Lost is a request that may have been begun and got no good answer.
type Lost struct {
	Load    string        `json:"load"`
	Outcome string        `json:"outcome"`
	Due     time.Duration `json:"due"`
	Sent    time.Duration `json:"sent"`
	Ended   time.Duration `json:"ended"`
	Caller  int           `json:"caller"`           // which of the load's
	Fresh   bool          `json:"fresh"`            // the first on its connection
	Status  int           `json:"status,omitempty"` // of HTTP
	Error   string        `json:"error,omitempty"`
}

// A Probe is a change in what a probe says.
type Probe struct {
	Which  string        `json:"which"` // "ready", "live" or "connect"
	At     time.Duration `json:"at"`
	Since  time.Duration `json:"since"` // when the last question was asked whose answer was still the other one
	OK     bool          `json:"ok"`
	Detail string        `json:"detail,omitempty"` // the status, or the error
}

// A Fate is what became of one of the connections that a situation is about.
type Fate struct {
	What    string        `json:"what"`    // "half a body", "idle connection", ...
	Outcome string        `json:"outcome"` // id of load.Outcome
	Good    bool          `json:"good"`    // as it is to be
	At      time.Duration `json:"at"`
	Detail  string        `json:"detail,omitempty"`
}

// A Leftover is something of the server that was there when it was gone.
type Leftover struct {
	Kind   LeftoverKind `json:"kind"`
	What   string       `json:"what"` // "pid 17 (sh -c sleep 100)", "tcp 127.0.0.1:8080 inode 12", "shop.pid"
	Detail string       `json:"detail,omitempty"`
}

// A LeftoverKind says what.
type LeftoverKind string

const (
	LeftProcess LeftoverKind = "process"
	LeftZombie  LeftoverKind = "zombie"
	LeftSocket  LeftoverKind = "listening_socket"
	LeftUnix    LeftoverKind = "unix_socket"
	LeftFile    LeftoverKind = "file"
)

// Writes is the history of the writes of a round, read back after the restart that
// followed it.
type Writes struct {
	Acknowledged int      `json:"acknowledged"` // the server said that it has them
	Failed       int      `json:"failed"`       // it certainly has not begun them
	Unknown      int      `json:"unknown"`      // it may have them
	Missing      []string `json:"missing"`      // ids that were acknowledged and are not there
	Appeared     []string `json:"appeared"`     // ids of failed ones that are there
	Unread       int      `json:"unread"`       // acknowledged ones that could not be read back
	Detail       string   `json:"detail,omitempty"`
}

// A Lag says how well the load kept to its times.
type Lag struct {
	P50  time.Duration `json:"p50"` // of what it sent late by its own fault
	P99  time.Duration `json:"p99"`
	Max  time.Duration `json:"max"`
	Busy time.Duration `json:"busy_p99"`       // waiting for a connection that was still busy: the server's doing
	N    int           `json:"n,omitempty"`    // requests that had a time to be sent at; 0: not counted
	Late int           `json:"late,omitempty"` // of them, sent more than load.TooLate late
}

// Quantiles of durations; all 0 if there are none.
type Quantiles struct {
	N   int           `json:"n"`
	P50 time.Duration `json:"p50"`
	P90 time.Duration `json:"p90"`
	P99 time.Duration `json:"p99"`
	Max time.Duration `json:"max"`
}

// Inside is what the server says of its own stop, if it is built with quiesce: its
// report, on the clock of the round.
type Inside struct {
	App    string        `json:"app"`
	Cause  string        `json:"cause"`
	Offset time.Duration `json:"offset"` // of the begin of its stop, since the round's Began
	Phases []Span        `json:"phases"`
	Hooks  []Span        `json:"hooks"`
	Notes  []string      `json:"notes,omitempty"`
}

// A Span is a phase or a hook, since the round's Began.
type Span struct {
	Name    string        `json:"name"` // "drain", or `drain "http"`
	Place   string        `json:"place,omitempty"`
	Began   time.Duration `json:"began"`
	Took    time.Duration `json:"took"`
	Allowed time.Duration `json:"allowed,omitempty"`
	Outcome string        `json:"outcome,omitempty"`
	Error   string        `json:"error,omitempty"`
}

// A ServerCount is the server's own count of what it has been asked and has answered.
type ServerCount struct {
	Began    int `json:"began"`
	Finished int `json:"finished"`
}

// A Verdict is what a drill or a check comes to.
type Verdict string

const (
	Pass         Verdict = "PASS"
	Fail         Verdict = "FAIL"
	Inconclusive Verdict = "INCONCLUSIVE"
	NotTried     Verdict = "NOT TRIED" // of a check only: the setup does not ask for it
)

// A Check is one thing that the drill proves or disproves.
type Check struct {
	ID       string    `json:"id"`    // stable
	Title    string    `json:"title"` // what is to hold
	Verdict  Verdict   `json:"verdict"`
	Text     string    `json:"text"` // why
	Findings []Finding `json:"findings,omitempty"`
	More     int       `json:"more,omitempty"` // findings that are not listed
}

// A Finding is one time that a check did not hold.
type Finding struct {
	Round int           `json:"round"`
	At    time.Duration `json:"at"`
	Text  string        `json:"text"`
	Place string        `json:"place,omitempty"` // file:line of the hook that is to blame, if the server says so
}

// A Bound says how much it means that nothing was lost.
type Bound struct {
	Stops    int     `json:"stops"`    // that were made
	Window   int     `json:"requests"` // around them; see Load.Window
	Sent     int     `json:"sent"`     // in all
	Lost     int     `json:"lost"`
	Requests float64 `json:"request_bound"` // with 95 % confidence at most this share of requests around a stop is lost; 0 if some were
	StopsP   float64 `json:"stop_bound"`    // with 95 % confidence at most this share of stops loses something
}
