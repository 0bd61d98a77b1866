// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// A Child is a last command that a script runs without exec, so that the shell stays its
// parent.
type Child struct {
	Line  int
	Words string // as it is written

	// Dispatches is whether it is what the script was given, as in "$@".
	Dispatches bool

	// Waits is whether it only waits for what the script has left in the background.
	Waits bool
}

// Children returns the last commands of a script in a file, on all its ways, that the shell
// stays the parent of. Unlike one of "sh -c", no shell replaces itself at the end of a file.
// Left out are scripts that trap signals, commands that are soon over, and, where
// there is an exec on another way, all but those that dispatch.
func (s Script) Children() []Child {
	if s.calls("trap") {
		return nil
	}
	w := &ways{functions: map[string]*syntax.Stmt{}, background: s.leavesServer()}
	syntax.Walk(s.file, func(n syntax.Node) bool {
		if f, ok := n.(*syntax.FuncDecl); ok && f.Name != nil {
			w.functions[f.Name.Value] = f.Body
		}
		return true
	})
	w.list(s.file.Stmts, 0)
	if s.execs() {
		return slices.DeleteFunc(w.children, func(c Child) bool { return !c.Dispatches })
	}
	return w.children
}

// leavesServer reports whether something that is not soon over runs in the background.
func (s Script) leavesServer() bool {
	found := false
	syntax.Walk(s.file, func(n syntax.Node) bool {
		if stmt, ok := n.(*syntax.Stmt); ok && stmt.Background {
			call, simple := stmt.Cmd.(*syntax.CallExpr)
			found = found || simple && len(call.Args) > 0 && !soonOver(literals(call)) && !isIdle(call.Args[0].Lit())
		}
		return !found
	})
	return found
}

// ways follows a script to its ends.
type ways struct {
	functions  map[string]*syntax.Stmt
	background bool // a server runs there
	children   []Child
	steps      int
}

const (
	mostCalls = 8      // of functions within each other
	mostSteps = 10_000 // on all ways together
)

func (w *ways) list(stmts []*syntax.Stmt, depth int) {
	for i := len(stmts) - 1; i >= 0; i-- {
		if call, ok := stmts[i].Cmd.(*syntax.CallExpr); ok && len(call.Args) > 0 && isOneOf(call.Args[0].Lit(), "exit return") && i > 0 {
			continue // what it returns is of the command before
		}
		w.end(stmts[i], depth)
		return
	}
}

// end follows one statement.
func (w *ways) end(s *syntax.Stmt, depth int) {
	if w.steps++; depth > mostCalls || w.steps > mostSteps || s.Background {
		return
	}
	switch cmd := s.Cmd.(type) {
	case *syntax.CallExpr:
		w.call(s, cmd, depth)
	case *syntax.Block:
		w.list(cmd.Stmts, depth+1)
	case *syntax.Subshell:
		w.list(cmd.Stmts, depth+1)
	case *syntax.IfClause:
		for c := cmd; c != nil; c = c.Else {
			w.list(c.Then, depth+1)
		}
	case *syntax.CaseClause:
		for _, item := range cmd.Items {
			w.list(item.Stmts, depth+1)
		}
	case *syntax.BinaryCmd:
		if cmd.Op == syntax.AndStmt || cmd.Op == syntax.OrStmt {
			w.end(cmd.Y, depth+1)
		} else {
			w.pipe(s, cmd)
		}
	}
}

// pipe is for a server whose output is read by another.
func (w *ways) pipe(s *syntax.Stmt, cmd *syntax.BinaryCmd) {
	first := cmd.X
	for {
		next, ok := first.Cmd.(*syntax.BinaryCmd)
		if !ok {
			break
		}
		first = next.X
	}
	if call, ok := first.Cmd.(*syntax.CallExpr); ok && len(call.Args) > 0 && !isExec(call) && !soonOver(literals(call)) {
		w.children = append(w.children, Child{Line: lineOf(s), Words: printed(s), Dispatches: dispatches(call)})
	}
}

func (w *ways) call(s *syntax.Stmt, call *syntax.CallExpr, depth int) {
	if len(call.Args) == 0 {
		return
	}
	words := literals(call)
	child := Child{Line: lineOf(s), Words: printed(s), Dispatches: dispatches(call)}
	body, isFunction := w.functions[words[0]]
	switch {
	case isFunction:
		w.end(body, depth+1)
	case words[0] == "wait" || isIdle(words[0]):
		if child.Waits = w.background; child.Waits {
			w.children = append(w.children, child)
		}
	case words[0] != "exec" && !soonOver(words):
		w.children = append(w.children, child)
	}
}

// dispatches reports whether a command is "$@".
func dispatches(call *syntax.CallExpr) bool {
	parts := call.Args[0].Parts
	if q, ok := parts[0].(*syntax.DblQuoted); ok && len(parts) == 1 && len(q.Parts) == 1 {
		parts = q.Parts
	}
	p, ok := parts[0].(*syntax.ParamExp)
	return ok && len(parts) == 1 && p.Param != nil && (p.Param.Value == "@" || p.Param.Value == "*") && p.Index == nil && p.Slice == nil && p.Exp == nil
}

// literals returns the words of a command, those empty that are not written out.
func literals(call *syntax.CallExpr) []string {
	words := make([]string, len(call.Args))
	for i, w := range call.Args {
		words[i] = w.Lit()
	}
	return words
}

func lineOf(s *syntax.Stmt) int { return int(s.Pos().Line()) }

// printed returns a statement on one line.
func printed(s *syntax.Stmt) string {
	var b strings.Builder
	plain := *s
	plain.Comments = nil
	if err := syntax.NewPrinter(syntax.SingleLine(true)).Print(&b, &plain); err != nil {
		return ""
	}
	text, _, more := strings.Cut(strings.TrimSpace(b.String()), "\n")
	if more {
		text += " …"
	}
	return text
}

// idle are the programs that only wait.
var idle = []string{"sleep", "tail", "pause"}

func isIdle(name string) bool { return slices.Contains(idle, path.Base(name)) }

// soon are the commands that are over before long, or of which the end is no loss: builtins, tools,
// builds. A shell is for somebody who types.
var soon = strings.Fields(`
	. : [ [[ alias bg break builtin cd command continue declare echo eval exit export false fg hash history jobs kill let local printf pwd read readonly
	return set shift shopt source test times true type typeset ulimit umask unalias unset wait
	awk basename base64 cat chgrp chmod chown cmp cp cut date dd df diff dirname du env envsubst find getent getopt grep groupadd gunzip gzip head
	hostname id install ip iptables jq ldconfig ln ls md5sum mkdir mkfifo mknod mktemp mount mv nproc openssl ps readlink realpath rm rmdir rsync sed seq
	sha256sum sort stat stty sync sysctl tar tee touch tr tree uname uniq unzip useradd adduser addgroup usermod wc wget which whoami xargs xz yq zip
	curl nc dig nslookup ping host scp ssh ssh-keygen update-ca-certificates
	apk apt apt-get bundle bazel cargo cmake composer dpkg gcc git golangci-lint gradle helm kubectl make mage meson mvn ninja pip pip3 pre-commit
	protoc pytest rpm rpmbuild shellcheck task terraform tox yum dnf buf goreleaser hugo mkdocs mysqldump pg_dump mysql psql redis-cli
	bash sh ash dash zsh fish less man nano vi vim top htop`)

// verbs are what the tools of languages do and are done with.
var verbs = strings.Fields("build bench check ci clean compile doc fmt format generate get init install lint mod test tests tidy tool vet version typecheck --version --help -v -h")

// soonOver reports whether a command is over before long.
func soonOver(words []string) bool {
	if len(words) == 0 {
		return true
	}
	name := path.Base(words[0])
	switch {
	case words[0] == "":
		return false // it is not known which
	case len(words) > 1 && slices.Contains([]string{"go", "npm", "yarn", "pnpm", "deno", "bun", "dotnet"}, name):
		verb := words[1]
		if verb == "run" && len(words) > 2 && name != "go" {
			verb, _, _ = strings.Cut(words[2], ":")
		}
		return slices.Contains(verbs, verb)
	}
	return slices.Contains(soon, name) || isTask(name) || len(words) > 1 && isOneOf(words[len(words)-1], "version --version --help help")
}

// tasks are in the names of scripts that do something and are done.
var tasks = []string{
	"build", "test", "generate", "lint", "dist", "compile", "install", "bench", "migrat", "setup", "check", "release", "publish", "backup", "demo", "init", "wait",
	"import", "seed", "update",
}

// isTask reports whether a script is called after a task: "run-tests.sh".
func isTask(name string) bool {
	return strings.HasSuffix(name, ".sh") && slices.ContainsFunc(tasks, func(t string) bool { return strings.Contains(name, t) })
}

func isOneOf(word, words string) bool {
	return word != "" && slices.Contains(strings.Fields(words), word)
}

// SoonOver reports whether the last command of a script is over before long.
func (s Script) SoonOver() bool {
	last := s.file.Stmts[len(s.file.Stmts)-1]
	for {
		list, ok := last.Cmd.(*syntax.BinaryCmd)
		if !ok {
			break
		}
		last = list.Y
		if list.Op != syntax.AndStmt && list.Op != syntax.OrStmt {
			last = list.X
		}
	}
	call, ok := last.Cmd.(*syntax.CallExpr)
	return ok && !last.Background && soonOver(literals(call))
}

// Leaves returns a command that the script leaves in the background before it replaces itself
// by another, and that runs on, as far as one can see.
func (s Script) Leaves() (words string, line int) {
	for _, stmt := range s.file.Stmts {
		call, simple := stmt.Cmd.(*syntax.CallExpr)
		if stmt.Background && words == "" && simple && len(call.Args) > 0 && call.Args[0].Lit() != "" && !soonOver(literals(call)) && !isIdle(call.Args[0].Lit()) {
			words, line = printed(stmt), lineOf(stmt)
		}
		if call, ok := stmt.Cmd.(*syntax.CallExpr); ok && isExec(call) {
			if init, _ := CutInit(literals(call)[1:]); init.Name != "" {
				return "", 0 // which reaps
			}
			return words, line
		}
	}
	return "", 0
}

// Positional reports whether the script uses what it is given.
func (s Script) Positional() bool {
	found := false
	syntax.Walk(s.file, func(n syntax.Node) bool {
		if p, ok := n.(*syntax.ParamExp); ok && p.Param != nil {
			name := p.Param.Value
			found = found || name == "@" || name == "*" || name == "#" || name != "" && name[0] >= '0' && name[0] <= '9'
		}
		return !found
	})
	return found
}

// ExecsArguments reports whether the script replaces itself by what it is given: exec "$@".
func (s Script) ExecsArguments() bool {
	found := false
	syntax.Walk(s.file, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok && isExec(call) {
			rest := *call
			rest.Args = call.Args[1:]
			found = found || dispatches(&rest)
		}
		return !found
	})
	return found
}

// Interpreted reports whether a file is a script of a shell that this package knows, by its
// first line. One without "#!" is.
func Interpreted(text string) bool {
	first, _, _ := strings.Cut(text, "\n")
	line, ok := strings.CutPrefix(strings.TrimSpace(first), "#!")
	if !ok {
		return !strings.ContainsRune(text, 0)
	}
	words := strings.Fields(line)
	if len(words) > 1 && path.Base(words[0]) == "env" {
		words = words[1:]
	}
	return len(words) > 0 && IsShell(path.Base(words[0]))
}
