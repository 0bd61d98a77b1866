// SPDX-License-Identifier: Apache-2.0

package load

import (
	"errors"
	"fmt"
	"time"
)

// An Attempt is one request on the wire, or one that was not made because there
// was no connection. [Client.Do] fills it and keeps nothing of it.
type Attempt struct {
	Outcome Outcome       // how it ended
	Status  int           // of HTTP; 0: there was none
	ID      string        // from [Request.IDs]
	Fresh   bool          // the first on its connection
	Sent    time.Duration // since [Wire.Began]: the first byte was about to be written; 0: nothing was
	Err     error         // what went wrong; nil if OK

	answering func() // of the caller that makes it; may be nil
}

// Answering says that the answer to an attempt that lasts has begun: its caller
// is served. Of one that does not last, the end says so.
func (a *Attempt) Answering() {
	if a.answering != nil {
		a.answering()
	}
}

// Fail notes an outcome that is not OK, with its error.
func (a *Attempt) Fail(o Outcome, err error) { a.Outcome, a.Err = o, err }

// reset makes it ready for the next.
func (a *Attempt) reset() { *a = Attempt{answering: a.answering} }

var errAbandoned = errors.New("load: given up by the end of the session")

// answered classes a whole answer with a status.
func (a *Attempt) answered(r *Request, status int, retryAfter bool) {
	a.Status = status
	if a.Outcome = r.outcome(status, retryAfter); a.Outcome != OK {
		a.Err = fmt.Errorf("status %d", status)
	}
}
