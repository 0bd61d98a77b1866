// SPDX-License-Identifier: Apache-2.0

// Package signame reads the names of Linux's signals, as Dockerfiles, compose files and
// systemd units write them. It does not depend on the system that it runs on.
package signame

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// standard are the signals by their numbers, from 1, on every platform of Linux but
// alpha, mips and sparc. See signal(7).
var standard = []string{
	"HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT",
	"CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
}

// synonyms are other names.
var synonyms = map[string]string{"IOT": "ABRT", "CLD": "CHLD", "POLL": "IO", "UNUSED": "SYS"}

const (
	realTimeMin = 34 // as the C library has it
	realTimeMax = 64
)

// Parse returns the name of a signal that is written with or without SIG, or as a
// number: "SIGTERM" of "term", "15". It is false if there is no such signal.
func Parse(text string) (name string, ok bool) {
	text = strings.ToUpper(strings.TrimSpace(text))
	if n, err := strconv.Atoi(text); err == nil {
		return ofNumber(n)
	}
	word := strings.TrimPrefix(text, "SIG")
	if s := synonyms[word]; s != "" {
		word = s
	}
	if slices.Contains(standard, word) {
		return "SIG" + word, true
	}
	return realTime(word)
}

func ofNumber(n int) (string, bool) {
	switch {
	case 1 <= n && n <= len(standard):
		return "SIG" + standard[n-1], true
	case realTimeMin <= n && n <= realTimeMax:
		return fmt.Sprintf("SIGRTMIN+%d", n-realTimeMin), true
	}
	return "", false
}

// realTime reads "RTMIN+3" and "RTMAX-2".
func realTime(word string) (string, bool) {
	rest, fromMin := strings.CutPrefix(word, "RTMIN")
	base, sign := realTimeMin, "+"
	if !fromMin {
		var fromMax bool
		if rest, fromMax = strings.CutPrefix(word, "RTMAX"); !fromMax {
			return "", false
		}
		base, sign = realTimeMax, "-"
	}
	if rest == "" {
		return ofNumber(base)
	}
	n, err := strconv.Atoi(strings.TrimPrefix(rest, sign))
	if err != nil || !strings.HasPrefix(rest, sign) || n < 0 || n > realTimeMax-realTimeMin {
		return "", false
	}
	if fromMin {
		return ofNumber(base + n)
	}
	return ofNumber(base - n)
}

// Uncatchable reports whether no program can handle the signal.
func Uncatchable(name string) bool { return name == "SIGKILL" || name == "SIGSTOP" }
