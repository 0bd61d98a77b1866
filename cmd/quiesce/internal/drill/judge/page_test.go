// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write docs/reference/drill.md and the golden files")

const page = "../../../../../docs/reference/drill.md"

const pageHead = `# The drill

What ` + "`quiesce drill`" + ` looks at, what it calls a lost request, and what its verdict means.
` + "`quiesce explain ID`" + ` prints the part about a check, without a network.

This page is generated from the catalog in cmd/quiesce/internal/drill/judge. To write it anew:

	cd cmd/quiesce && go test ./internal/drill/judge -update

## Verdicts and exit codes

| verdict | exit code | |
|---|---|---|
| **PASS** | 0 | no check fails, all that were asked for could be judged, and there is enough evidence |
| **FAIL** | 1 | a fault was seen, however little else was |
| | 2 | the command line is wrong; nothing was done |
| **INCONCLUSIVE** | 3 | no fault was seen, but too little to say that there is none, or nothing that can be trusted |
| | 4 | the server could not be run |
| | 5 | the drill itself went wrong |

A check is also NOT TRIED if the setup does not ask for it, which is no evidence either way. A FAIL beats everything. A
PASS never comes from a run that is below the sample floor, was interrupted, lacks rounds, had a load that lagged, or
whose attempts do not add up.

**The bound.** That none of n was lost does not mean that none ever is. With 95 % confidence the share of what is lost is at
most 1-0.05^(1/n), about 3/n. The report says so for requests around a stop and for stops. Requests around one stop share its
fate, so that the bound for stops is the safer one.

## Outcomes

One request is one attempt on the wire, with one of these outcomes. *Lost*: it may have been begun, and got no good answer.
*Safe to retry*: it certainly was not begun. *Expected*: all right, or not the server's doing.

| outcome | class | |
|---|---|---|
`

var outcomeTexts = map[string]string{
	"ok":                 "a whole answer, with a status that is accepted (by default below 400)",
	"http_error":         "a whole answer with another status",
	"http_refused":       "429 or 503 with Retry-After: the server says that it has not begun",
	"refused":            "no connection: refused, or not made in time",
	"reset_before_write": "the connection ended before anything was written",
	"reset_after_write":  "it was reset after something was written, before an answer",
	"eof_no_response":    "it was closed after something was written, before an answer",
	"truncated_body":     "an answer that began was broken off, or is none",
	"timeout":            "the request was written, and the answer did not come in time",
	"goaway_retryable":   "HTTP/2 says that it was not begun: above the last stream of a GOAWAY, or REFUSED_STREAM",
	"goaway_lost":        "it was begun, and cut off by the close that followed a GOAWAY",
	"rpc_status":         "an RPC that failed",
	"ws_abnormal":        "a websocket that ended without a good close frame",
	"tls":                "no connection: the handshake failed",
	"dns":                "no connection: the name was not found; a load that sees it proves nothing",
	"client_limit":       "no connection: this machine is out of files or ports; a load that sees it proves nothing",
	"abandoned":          "given up by the drill when the server was gone; what it had sent by then is lost",
}

func render() []byte {
	b := bytes.NewBufferString(pageHead)
	for _, o := range outcomes() {
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", o, o.Class(), outcomeTexts[o.String()])
	}
	b.WriteString("\n## Checks\n\n| | what is to hold |\n|---|---|\n")
	for _, e := range Catalog() {
		fmt.Fprintf(b, "| [%s](#%s) | %s |\n", e.ID, e.ID, e.Title)
	}
	for _, e := range Catalog() {
		fmt.Fprintf(b, "\n### %s\n\n%s", e.ID, e.Markdown("####"))
	}
	return b.Bytes()
}

// The page is what the catalog says.
func TestPageIsFresh(t *testing.T) {
	want := render()
	if *update {
		if err := os.WriteFile(page, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/reference/drill.md is not what the catalog says; run with -update")
	}
}

// Each outcome is explained, and nothing that is none.
func TestOutcomesAreExplained(t *testing.T) {
	for _, o := range outcomes() {
		if outcomeTexts[o.String()] == "" {
			t.Errorf("nothing is said of %s", o)
		}
	}
	if len(outcomeTexts) != len(outcomes()) {
		t.Errorf("%d outcomes are explained, and there are %d", len(outcomeTexts), len(outcomes()))
	}
}
