// SPDX-License-Identifier: Apache-2.0

package load

import (
	"errors"
	"net"
	"syscall"
	"testing"
)

// Every outcome has its line in the table.
func TestOutcomes(t *testing.T) {
	seen := map[string]bool{}
	for o := range outcomes {
		if o.String() == "" || seen[o.String()] || (o.Class() == Expected) != (o == OK || o == ClientLimit || o == Abandoned) {
			t.Errorf("outcome %d is %q, %v", o, o, o.Class())
		}
		seen[o.String()] = true
	}
	if got := outcomes.String(); got != "outcome 17" {
		t.Errorf("one past the end is %q", got)
	}
}

func TestDialOutcome(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want Outcome
	}{
		{&net.OpError{Op: "dial", Err: &net.DNSError{Name: "x"}}, DNSFailed},
		{&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, Refused},
		{&net.OpError{Op: "dial", Err: syscall.EMFILE}, ClientLimit},
		{&net.OpError{Op: "dial", Err: syscall.EADDRNOTAVAIL}, ClientLimit},
		{errHandshake{errors.New("x")}, TLSFailed},
		{errHeld, Abandoned},
		{errors.New("x"), Refused},
	} {
		if got := DialOutcome(tt.err); got != tt.want {
			t.Errorf("%v: %v, want %v", tt.err, got, tt.want)
		}
	}
}
