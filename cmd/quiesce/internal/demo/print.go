// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"fmt"
	"time"
)

func (r *run) printHead(built time.Duration) {
	what := "the shop"
	if r.Naive {
		what = "the shop with a naive main"
	}
	n := r.Clients
	fmt.Fprintf(r.Out, "%s, built in %s; %s of SIGTERM under load, seed %d\n", what, seconds(built), plural(r.Rounds, "round"), r.Seed)
	fmt.Fprintf(r.Out, "%s that keep their connection, %d that open one for each request, %s of events\n\n",
		plural(n.Sticky, "client"), n.Fresh, plural(n.Streams, "stream"))
}

// printRound prints one line on what was in flight at SIGTERM, and two on what
// became of it.
func (r *run) printRound(ready time.Duration, before moment, backlog int, after Counts, code int, took time.Duration) {
	fmt.Fprintf(r.Out, "round %d  ready in %s; SIGTERM with %s, %s and %s to publish in flight\n",
		r.verdict.Rounds, seconds(ready), plural(before.requests, "request"), plural(before.streams, "stream"), plural(backlog, "order"))
	fmt.Fprintf(r.Out, "         exit %d after %s; since SIGTERM %d answered, %d refused, %d lost, %d wrong; %d streams ended, %d cut\n",
		code, seconds(took), after.Answered, after.Refused, after.Lost, after.Wrong, after.Ended, after.Cut)
}

func (r *run) printVerdict() {
	c, f := r.verdict.Counts, &r.verdict.Findings
	if r.report != nil {
		fmt.Fprintf(r.Out, "\nthe last stop, from its report:\n\n%s", r.report.Text())
	}
	fmt.Fprintf(r.Out, "\nrequests  %d answered, %d refused before they began, %d lost, %d wrong\n", c.Answered, c.Refused, c.Lost, c.Wrong)
	fmt.Fprintf(r.Out, "clients   %d told to leave by Connection: close, %d found their idle connection closed\n", c.Told, c.IdleEnded)
	fmt.Fprintf(r.Out, "streams   %d ended by the server, %d cut\n", c.Ended, c.Cut)
	fmt.Fprintf(r.Out, "orders    %d acknowledged: %d missing, %d twice, %d altered, %d unpublished (%d published more than once)\n",
		f.Acked, len(f.Missing), len(f.Duplicate), len(f.Altered), len(f.Unpublished), f.Repeated)
	if f.Unheard > 0 {
		fmt.Fprintf(r.Out, "          %d sent without an acknowledgement, of which %d are stored: nobody knows but the database\n", f.Unheard, f.UnheardKept)
	}
	for _, text := range r.ledger.troubles {
		fmt.Fprintf(r.Out, "for example: %s\n", text)
	}
	problems := r.verdict.Problems()
	if len(problems) == 0 {
		fmt.Fprintf(r.Out, "\nPASS  %s, nothing lost\n", plural(r.verdict.Rounds, "stop"))
		if !r.Naive {
			fmt.Fprintln(r.Out, "      the same load on a main function as one finds it everywhere: quiesce demo -break")
		}
		return
	}
	fmt.Fprintf(r.Out, "\nFAIL  %s\n", plural(r.verdict.Rounds, "stop"))
	for _, p := range problems {
		fmt.Fprintf(r.Out, "      %s\n", p)
	}
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
