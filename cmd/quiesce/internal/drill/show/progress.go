// SPDX-License-Identifier: Apache-2.0

package show

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

const (
	// plainPause is the least time between two plain lines that tell nothing bad.
	plainPause = 3 * time.Second

	// statusWidth keeps the status line shorter than any terminal: one that wraps
	// cannot be written over.
	statusWidth = 79

	meterWidth = 20
)

// Progress tells how a drill goes on: in a terminal one line that is written over, else
// a plain line now and then. Bad rounds get a line of their own in both. It is safe for
// concurrent use; what cannot be written is dropped.
type Progress struct {
	w   io.Writer
	tty bool

	mu      sync.Mutex
	status  string        // guarded by mu, as all below; empty if there is nothing to add
	told    time.Duration // on the drill's clock: the last plain line
	rounds  int
	bad     int
	sent    int
	lost    int
	longest time.Duration // stop
}

// NewProgress returns a Progress that writes to w, which is a terminal or is not.
func NewProgress(w io.Writer, tty bool) *Progress {
	return &Progress{w: w, tty: tty, told: -plainPause}
}

// Round tells that a round is over, and how many of how many are; planned is 0 if nobody
// knows. The clock is the drill's: there is no other.
func (p *Progress) Round(r *record.Round, done, planned int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rounds = done
	for _, l := range r.Loads {
		p.sent += l.Sent
	}
	p.lost += lost(r)
	if d, ok := stopTook(r); ok {
		p.longest = max(p.longest, d)
	}
	if text := roundTrouble(r); text != "" {
		p.bad++
		p.sayLocked(title(r) + ": " + text)
	}
	p.status = p.statusLocked(planned)
	now := r.Began + r.Took
	switch {
	case p.tty:
		fmt.Fprintf(p.w, "\r\x1b[K%s", cut(p.status, statusWidth))
	case now-p.told >= plainPause:
		p.told = now
		fmt.Fprintln(p.w, p.status)
		p.status = ""
	}
}

// Note prints a line that stays.
func (p *Progress) Note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sayLocked(clean(text))
}

// End takes the status line away, or prints the last plain one.
func (p *Progress) End() {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.status == "":
	case p.tty:
		fmt.Fprint(p.w, "\r\x1b[K")
	default:
		fmt.Fprintln(p.w, p.status)
	}
	p.status = ""
}

// sayLocked prints a line above the status line.
func (p *Progress) sayLocked(text string) {
	if !p.tty {
		fmt.Fprintln(p.w, text)
		return
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s\n%s", text, cut(p.status, statusWidth))
}

func (p *Progress) statusLocked(planned int) string {
	rounds := plural(p.rounds, "round")
	if planned > 0 {
		filled := min(max(0, p.rounds*meterWidth/planned), meterWidth)
		rounds = fmt.Sprintf("round %d of %d", p.rounds, planned)
		if p.tty {
			rounds = "[" + strings.Repeat("=", filled) + strings.Repeat(" ", meterWidth-filled) + "] " + rounds
		}
	}
	bad := ""
	if p.bad > 0 {
		bad = fmt.Sprintf(", %d bad", p.bad)
	}
	return fmt.Sprintf("%s%s: %s, %s lost, longest stop %s", rounds, bad, plural(p.sent, "request"), count(p.lost), short(p.longest))
}

// roundTrouble says what is certainly bad about a round, before it is judged.
func roundTrouble(r *record.Round) string {
	var parts []string
	if n := lost(r); n > 0 {
		parts = append(parts, fmt.Sprintf("%s lost", plural(n, "request")))
		if len(r.Lost) > 0 {
			parts[0] += fmt.Sprintf(" (%s)", clean(r.Lost[0].Outcome))
		}
	}
	if r.Exit.Killed {
		parts = append(parts, "killed at the end of its grace period")
	}
	if w := r.Writes; w != nil && len(w.Missing) > 0 {
		parts = append(parts, plural(len(w.Missing), "acknowledged write")+" missing")
	}
	if len(r.Left) > 0 {
		parts = append(parts, "left "+leftText(&r.Left[0])+" behind")
	}
	if r.Problem != "" {
		parts = append(parts, clean(r.Problem))
	}
	return strings.Join(parts, ", ")
}
