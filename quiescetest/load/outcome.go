// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
)

// An Outcome is how one request ended: one attempt on the wire, or one that was
// not made because there was no connection. Its text is its id in JSON.
type Outcome uint8

// Each outcome belongs to one [Class].
const (
	OK               Outcome = iota // a whole answer, as it should be: with a status below 400
	HTTPError                       // a whole answer of another kind
	HTTPRefused                     // 429 or 503 with Retry-After: the server says that it has not begun
	Refused                         // no connection: refused, or not made in time
	ResetBeforeWrite                // the connection ended before anything was written
	ResetAfterWrite                 // it was reset after something was written, before an answer
	NoResponse                      // it was closed after something was written, before an answer
	Truncated                       // an answer that began was broken off, or is none
	Timeout                         // the request was written, the answer was late
	GoAwayRetryable                 // HTTP/2 says that it was not begun: GOAWAY or REFUSED_STREAM
	GoAwayLost                      // it was begun, and cut off by the close that followed a GOAWAY
	RPCStatus                       // an RPC that failed
	WSAbnormal                      // a websocket that ended without a close frame
	TLSFailed                       // no connection: the handshake failed
	DNSFailed                       // no connection: the name was not found
	ClientLimit                     // no connection: this machine is out of files or ports
	Abandoned                       // given up by the load itself when its session ended; if nothing was sent it is not counted
	outcomes                        // how many there are
)

// A Class says what an outcome means to whoever sent the request.
type Class uint8

const (
	// Expected is what a client expects, and what is not the server's doing.
	Expected Class = iota
	// SafeToRetry is a request that certainly was not begun: sending it again
	// cannot do it twice. Clients that never retry see an error.
	SafeToRetry
	// Lost is a request that may have been begun, and got no good answer.
	Lost
)

var outcomeTable = [outcomes]struct {
	id    string
	class Class
}{
	OK:               {"ok", Expected},
	HTTPError:        {"http_error", Lost},
	HTTPRefused:      {"http_refused", SafeToRetry},
	Refused:          {"refused", SafeToRetry},
	ResetBeforeWrite: {"reset_before_write", SafeToRetry},
	ResetAfterWrite:  {"reset_after_write", Lost},
	NoResponse:       {"eof_no_response", Lost},
	Truncated:        {"truncated_body", Lost},
	Timeout:          {"timeout", Lost},
	GoAwayRetryable:  {"goaway_retryable", SafeToRetry},
	GoAwayLost:       {"goaway_lost", Lost},
	RPCStatus:        {"rpc_status", Lost},
	WSAbnormal:       {"ws_abnormal", Lost},
	TLSFailed:        {"tls", SafeToRetry},
	DNSFailed:        {"dns", SafeToRetry},
	ClientLimit:      {"client_limit", Expected},
	Abandoned:        {"abandoned", Expected},
}

// Class returns the class of o.
func (o Outcome) Class() Class { return outcomeTable[o].class }

// String returns the id.
func (o Outcome) String() string {
	if o >= outcomes {
		return fmt.Sprintf("outcome %d", uint8(o))
	}
	return outcomeTable[o].id
}

// MarshalText returns the id.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText is the reverse of MarshalText.
func (o *Outcome) UnmarshalText(text []byte) error {
	for i := range outcomes {
		if outcomeTable[i].id == string(text) {
			*o = i
			return nil
		}
	}
	return fmt.Errorf("load: no outcome %q", text)
}

// String returns "expected", "safe to retry" or "lost".
func (c Class) String() string { return [...]string{"expected", "safe to retry", "lost"}[c] }

// DialOutcome classes an error of [Wire.Dial] or of a TLS handshake: in each case
// nothing of a request was sent.
func DialOutcome(err error) Outcome {
	if errors.Is(err, errHeld) {
		return Abandoned
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return DNSFailed
	}
	if isTLS(err) {
		return TLSFailed
	}
	for _, limit := range []error{syscall.EMFILE, syscall.ENFILE, syscall.EADDRNOTAVAIL, syscall.ENOBUFS} {
		if errors.Is(err, limit) {
			return ClientLimit
		}
	}
	return Refused
}

// errHandshake marks what went wrong between a connection and its TLS.
type errHandshake struct{ error }

func (e errHandshake) Unwrap() error { return e.error }

func isTLS(err error) bool {
	if _, ok := errors.AsType[errHandshake](err); ok {
		return true
	}
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok
}

func isTimeout(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded)
}
