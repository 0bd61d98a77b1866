// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"path"
	"strconv"
	"strings"
	"time"

	"mvdan.cc/sh/v3/syntax"
)

// Sleeps returns how long the words, a command, sleep at least: what "sleep" is told, also in
// "sh -c".
func Sleeps(words []string) time.Duration {
	if _, text := Command(words); text != "" {
		s, ok := Parse(text)
		if !ok {
			return 0
		}
		return s.sleeps()
	}
	if len(words) > 1 && path.Base(words[0]) == "sleep" {
		return sleepArguments(words[1:])
	}
	return 0
}

// sleeps adds up the sleeps that are run one after the other whatever happens.
func (s Script) sleeps() (sum time.Duration) {
	for _, stmt := range s.file.Stmts {
		if !stmt.Background {
			sum += sleepsOf(stmt)
		}
	}
	return sum
}

func sleepsOf(stmt *syntax.Stmt) time.Duration {
	switch cmd := stmt.Cmd.(type) {
	case *syntax.CallExpr:
		var words []string
		for _, w := range cmd.Args {
			words = append(words, w.Lit())
		}
		if len(words) > 1 && path.Base(words[0]) == "sleep" {
			return sleepArguments(words[1:])
		}
	case *syntax.BinaryCmd:
		switch cmd.Op {
		case syntax.AndStmt:
			return sleepsOf(cmd.X) + sleepsOf(cmd.Y)
		case syntax.OrStmt:
			return sleepsOf(cmd.X)
		}
	}
	return 0
}

// mostSleep keeps sums within their type.
const mostSleep = 1000 * time.Hour

// sleepArguments knows the units of coreutils: 5, 2.5s, 1m, 1h.
func sleepArguments(args []string) (sum time.Duration) {
	for _, a := range args {
		unit := time.Second
		switch {
		case strings.HasSuffix(a, "m"):
			unit = time.Minute
		case strings.HasSuffix(a, "h"):
			unit = time.Hour
		case strings.HasSuffix(a, "d"):
			unit = 24 * time.Hour
		}
		if f, err := strconv.ParseFloat(strings.TrimRight(a, "smhd"), 64); err == nil && f > 0 {
			sum += min(mostSleep, time.Duration(min(f, mostSleep.Seconds())*float64(unit)))
		}
	}
	return min(sum, mostSleep)
}
