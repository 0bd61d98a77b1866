// SPDX-License-Identifier: Apache-2.0

// Package shell knows what becomes of the signals of a server that a shell starts.
//
// A shell that runs "sh -c 'server'" either replaces itself by the server, as exec does, or
// stays as its parent. As process 1 of a container it then gets the signals, ignores
// them, as process 1 does with those that it has no handler for, and the server is
// killed at the end of the grace period. Which it does depends on the shell:
//
//	sh -c              dash 0.5.12   bash 5.2   busybox ash
//	server             stays         replaced   replaced
//	A=1 server         stays         replaced   not known
//	server >> file     stays         stays      not known
//	a && server        stays         replaced   stays
//	a; server          stays         replaced   stays
//	server | cat       stays         stays      stays
//	exec server        replaced      replaced   replaced
package shell

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// A Script is what a shell runs.
type Script struct {
	file *syntax.File
}

// mostScript bounds a script, in bytes. The parser calls itself for what is within something
// else.
const mostScript = 64 << 10

// Parse reads a script; ok is false if it is none that this package understands.
func Parse(text string) (s Script, ok bool) {
	if len(text) > mostScript {
		return Script{}, false
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil || len(file.Stmts) == 0 {
		return Script{}, false
	}
	return Script{file}, true
}

// Command returns the script of "sh -c script" and the name of the shell, "" if the words
// are no such command.
func Command(words []string) (name, script string) {
	if len(words) < 3 {
		return "", ""
	}
	name = path.Base(words[0])
	if name == "env" { // /usr/bin/env sh
		words, name = words[1:], path.Base(words[1])
	}
	if !IsShell(name) {
		return "", ""
	}
	for i := 1; i < len(words)-1; i++ {
		w := words[i]
		switch {
		case !strings.HasPrefix(w, "-") && !strings.HasPrefix(w, "+"):
			return "", ""
		case strings.HasPrefix(w, "--"):
		case strings.Contains(w, "c"):
			return name, words[i+1]
		case strings.HasSuffix(w, "o"):
			i++ // its name
		}
	}
	return "", ""
}

// IsShell reports whether a program of that name is a shell.
func IsShell(name string) bool {
	return slices.Contains([]string{"sh", "bash", "dash", "ash"}, name)
}

// DialectOf returns what a shell of this name is in an image.
func DialectOf(name, image string) Dialect {
	switch name {
	case "bash":
		return Bash
	case "dash":
		return Dash
	case "ash":
		return Ash
	}
	return Of(image)
}

// Stays reports whether a shell stays the parent of the last command, and certainly so.
// One of an unknown kind is taken for dash. A script that traps signals is taken to
// know what it does, and one that only waits has no server.
func (s Script) Stays(d Dialect) bool {
	last := s.file.Stmts[len(s.file.Stmts)-1]
	if s.calls("trap") || s.execs() || s.idles(last) {
		return false
	}
	call, simple := last.Cmd.(*syntax.CallExpr)
	switch {
	case last.Background, last.Coprocess:
		return true
	case d == Dash || d == Unknown:
		return true
	case d == Bash:
		return !bashReplaces(last)
	}
	return len(s.file.Stmts) > 1 || !simple || (len(call.Args) > 0 && isWait(last))
}

// bashReplaces reports whether bash replaces itself by a last statement: a command
// without redirections, or the end of a list of them.
func bashReplaces(s *syntax.Stmt) bool {
	if s.Background || s.Negated || len(s.Redirs) > 0 || isWait(s) {
		return false
	}
	switch cmd := s.Cmd.(type) {
	case *syntax.CallExpr:
		return len(cmd.Args) > 0
	case *syntax.BinaryCmd:
		return (cmd.Op == syntax.AndStmt || cmd.Op == syntax.OrStmt) && bashReplaces(cmd.Y)
	}
	return false
}

func isWait(s *syntax.Stmt) bool {
	call, ok := s.Cmd.(*syntax.CallExpr)
	return ok && len(call.Args) > 0 && call.Args[0].Lit() == "wait"
}

// execs reports whether there is an exec with a command anywhere in the script.
func (s Script) execs() bool {
	found := false
	syntax.Walk(s.file, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok && isExec(call) {
			found = true
		}
		return !found
	})
	return found
}

func isExec(cmd syntax.Command) bool {
	call, ok := cmd.(*syntax.CallExpr)
	return ok && len(call.Args) > 1 && call.Args[0].Lit() == "exec"
}

// Calls returns the names of the commands of the script that are written out.
func (s Script) Calls() []string {
	var names []string
	syntax.Walk(s.file, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok && len(call.Args) > 0 {
			names = append(names, call.Args[0].Lit())
		}
		return true
	})
	return names
}

func (s Script) calls(name string) bool { return slices.Contains(s.Calls(), name) }

// idles reports whether a last command only waits for the end of the container, or is
// over at once: it has nothing to lose.
func (s Script) idles(last *syntax.Stmt) bool {
	call, ok := last.Cmd.(*syntax.CallExpr)
	if w, isLoop := last.Cmd.(*syntax.WhileClause); isLoop && len(w.Do) > 0 {
		call, ok = w.Do[len(w.Do)-1].Cmd.(*syntax.CallExpr)
	}
	if !ok {
		return false
	}
	if len(call.Args) == 0 {
		return true
	}
	switch path.Base(call.Args[0].Lit()) {
	case "sleep", "tail", "echo", "true", ":", "cat", "exit", "pause", "sh", "bash":
		return !last.Background
	}
	return false
}

// Idles reports whether a command, perhaps one of a shell, only waits.
func Idles(words []string) bool {
	if name, text := Command(words); name != "" {
		s, ok := Parse(text)
		return ok && s.idles(s.file.Stmts[len(s.file.Stmts)-1])
	}
	return len(words) > 0 && isIdle(words[0])
}

// mostWords bounds how much of a command is in a message, in bytes.
const mostWords = 60

// Words returns the last command as it is written, for messages.
func (s Script) Words() string {
	var b strings.Builder
	last := s.file.Stmts[len(s.file.Stmts)-1]
	if err := syntax.NewPrinter().Print(&b, last); err != nil {
		return ""
	}
	text, _, more := strings.Cut(strings.TrimSpace(b.String()), "\n")
	if len(text) > mostWords {
		text, more = strings.ToValidUTF8(text[:mostWords], ""), true
	}
	if more {
		text += " …"
	}
	return text
}
