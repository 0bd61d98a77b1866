// SPDX-License-Identifier: Apache-2.0

package target

import (
	"syscall"
	"time"
)

// What the drill asks a guard for. Each request has one reply, in order.
const (
	opStart  = "start"  // the server; its output's descriptor comes along
	opFollow = "follow" // tell about the exit of this descendant too
	opLeft   = "left"   // what is left
	opKill   = "kill"   // everything; the guard can be used again afterwards
)

// A request is what the drill sends, as JSON.
type request struct {
	Op   string   `json:"op"`
	Path string   `json:"path,omitempty"` // of the program
	Argv []string `json:"argv,omitempty"`
	Env  []string `json:"env,omitempty"`
	Dir  string   `json:"dir,omitempty"`
	Tmp  string   `json:"tmp,omitempty"` // directory to remove if the drill is gone
	PID  int      `json:"pid,omitempty"` // to follow
}

// What a guard sends.
const (
	sayHello = "hello" // once, when it is there
	sayReply = "reply"
	sayExit  = "exit" // of the server, or of one that is followed: unasked
)

// A message is what a guard sends, as JSON.
type message struct {
	Kind     string        `json:"kind"`
	PID      int           `json:"pid,omitempty"` // its own, or the server's
	At       time.Duration `json:"at,omitempty"`  // of the start or the exit, on the clock that processes share
	Errno    syscall.Errno `json:"errno,omitempty"`
	Error    string        `json:"error,omitempty"`
	Any      bool          `json:"any,omitempty"`      // there are processes
	Unreaped []unreaped    `json:"unreaped,omitempty"` // see there
	Status   int           `json:"status,omitempty"`   // of wait4
	CPU      time.Duration `json:"cpu,omitempty"`
	MaxRSS   int64         `json:"max_rss,omitempty"` // bytes
}

// An unreaped process had exited, and its parent exited without having waited for it.
type unreaped struct {
	PID    int    `json:"pid"`
	Name   string `json:"name"`
	Parent int    `json:"parent"`
}

// A rightsReader reads from a blocking socket and keeps the descriptors that come along.
type rightsReader struct {
	fd  int
	got []int
}

func (r *rightsReader) Read(p []byte) (int, error) {
	rights := make([]byte, syscall.CmsgSpace(4*4))
	for {
		n, m, _, _, err := syscall.Recvmsg(r.fd, p, rights, syscall.MSG_CMSG_CLOEXEC)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return 0, err
		}
		r.keep(rights[:m])
		if n == 0 {
			return 0, errGone
		}
		return n, nil
	}
}

func (r *rightsReader) keep(rights []byte) {
	messages, _ := syscall.ParseSocketControlMessage(rights)
	for _, m := range messages {
		fds, _ := syscall.ParseUnixRights(&m)
		r.got = append(r.got, fds...)
	}
}

// take returns the descriptor that came first; -1 if there is none.
func (r *rightsReader) take() int {
	if len(r.got) == 0 {
		return -1
	}
	fd := r.got[0]
	r.got = r.got[1:]
	return fd
}
