// SPDX-License-Identifier: Apache-2.0

package systemd

import (
	"path"
	"slices"
	"strings"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/signame"
)

// words splits the value of ExecStart and its kin as systemd does: prefixes are cut
// off, quotes group, a backslash keeps the next character.
func words(value string) []string {
	var out []string
	var b strings.Builder
	var quote rune
	in, escaped := false, false
	for _, r := range strings.TrimLeft(value, "@-:+!|") {
		switch {
		case escaped:
			b.WriteRune(r)
			escaped = false
		case r == '\\':
			in, escaped = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && !in && (r == '"' || r == '\''):
			in, quote = true, r
		case quote == 0 && (r == ' ' || r == '\t'):
			if in {
				out = append(out, b.String())
				b.Reset()
				in = false
			}
		default:
			in = true
			b.WriteRune(r)
		}
	}
	if in {
		out = append(out, b.String())
	}
	return out
}

// mainPID are the ways to name the main process.
var mainPID = []string{"$MAINPID", "${MAINPID}"}

// kills returns the signal that a command sends to the main process, "" if the command is
// no plain kill.
func kills(argv []string) (signal string) {
	if len(argv) < 2 || path.Base(argv[0]) != "kill" || !slices.Contains(mainPID, argv[len(argv)-1]) {
		return ""
	}
	name := "TERM"
	for i := 1; i < len(argv)-1; i++ {
		switch a := argv[i]; {
		case a == "-s" || a == "-n" || a == "--signal":
			if i++; i < len(argv)-1 {
				name = argv[i]
			}
		case strings.HasPrefix(a, "--signal="):
			name = strings.TrimPrefix(a, "--signal=")
		case a == "--":
		case strings.HasPrefix(a, "-s") && len(a) > 2 && !strings.HasPrefix(strings.ToUpper(a), "-SIG"):
			name = a[2:]
		case strings.HasPrefix(a, "-"):
			name = a[1:]
		default:
			return ""
		}
	}
	signal, _ = signame.Parse(name)
	return signal
}
