// SPDX-License-Identifier: Apache-2.0

package dockerfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/shell"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/signame"
)

// A process is what an image starts, as far as it can be followed.
type process struct {
	init    shell.Init
	line    int      // of the instruction that it is from
	words   []string // after the init and the scripts that it goes through
	scripts []script // that it goes through
}

// process follows ENTRYPOINT and CMD through an init and through scripts that end with exec "$@".
func (t *target) process() process {
	var p process
	argv := t.entrypoint.words()
	switch {
	case len(argv) > 0:
		p.line = t.entrypoint.line
		if !t.entrypoint.PrependShell {
			argv = slices.Concat(argv, t.cmd.words())
		}
	case t.cmd != nil:
		argv, p.line = t.cmd.words(), t.cmd.line
	}
	p.init, p.words = shell.CutInit(argv)
	p.init.Group = p.init.Group || t.env["TINI_KILL_PROCESS_GROUP"] != ""
	for range mostStages {
		file, rest := shell.File(p.words)
		s, ok := t.script(file)
		if file == "" || !ok || !shell.Interpreted(s.text) {
			break
		}
		p.scripts = append(p.scripts, s)
		parsed, ok := shell.Parse(s.text)
		if !ok || !parsed.ExecsArguments() || len(rest) == 0 {
			p.words = nil
			break
		}
		p.words = rest
		if t.cmd != nil {
			p.line = t.cmd.line
		}
	}
	return p
}

// signals says what becomes of the stop's signal in a shell.
func (p *process) signals(stays string) string {
	if p.init.Name == "" {
		return stays + " stays process 1, and SIGTERM does not reach the program"
	}
	return fmt.Sprintf("%s passes SIGTERM to %s alone, which ends at once; the program is killed with the container", p.init.Name, stays)
}

// shellCommand reports a shell that runs a command and stays, if it is that sure.
func shellCommand(t *target, want shell.Certainty, message func(p *process, who, name, words string) string, report manifest.Report) {
	p := t.process()
	if t.windows() || p.init.Whole || p.init.Group || len(p.words) == 0 {
		return
	}
	name, text := shell.Command(p.words)
	s, ok := shell.Parse(text)
	if name == "" || !ok {
		return
	}
	if sure, who := s.StaysIn(name, t.base); sure == want {
		f := t.at(p.line, message(&p, who, name, s.Words()))
		f.Fix = "write it in the form of JSON without a shell, or write exec before the last command"
		report(f)
	}
}

// shellAsPID1: a shell that stays gets the signals.
func shellAsPID1(t *target, report manifest.Report) {
	shellCommand(t, shell.Certain, func(p *process, who, name, words string) string {
		return fmt.Sprintf("%s -c %q: %s", name, words, p.signals(who))
	}, report)
}

// shellUnknown: the same, if the base image has such a shell.
func shellUnknown(t *target, report manifest.Report) {
	shellCommand(t, shell.Perhaps, func(p *process, _, name, words string) string {
		from := t.base
		if from == "" {
			from = t.file.stages[t.stage].BaseName
		}
		return fmt.Sprintf("%s -c %q: if the %s of %s is dash, as in Debian and Ubuntu, %s", name, words, name, from, p.signals("it"))
	}, report)
}

// scriptWithoutExec: the script stays the parent of the server.
func scriptWithoutExec(t *target, report manifest.Report) {
	p := t.process()
	if t.windows() || p.init.Whole || p.init.Group {
		return
	}
	for _, s := range p.scripts {
		parsed, ok := shell.Parse(s.text)
		if !ok {
			continue
		}
		for _, c := range parsed.Children() {
			if !c.Dispatches && !t.serves {
				continue
			}
			what := fmt.Sprintf("%q is run without exec", c.Words)
			if c.Waits {
				what = fmt.Sprintf("%q waits for what runs in the background, without a trap for SIGTERM", c.Words)
			}
			report(manifest.Finding{Doc: s.doc, Path: []any{s.line + c.Line}, Message: fmt.Sprintf("%s: %s: %s", s.name, what, p.signals("the shell"))})
		}
	}
}

// noInit: what the script leaves in the background is the server's child, and not its own.
func noInit(t *target, report manifest.Report) {
	p := t.process()
	if t.windows() || p.init.Name != "" {
		return
	}
	message := func(words string) string {
		return fmt.Sprintf("%q is left in the background to a program that as process 1 neither signals nor reaps it", words)
	}
	for _, s := range p.scripts {
		if parsed, ok := shell.Parse(s.text); ok {
			if words, line := parsed.Leaves(); words != "" {
				report(manifest.Finding{Doc: s.doc, Path: []any{s.line + line}, Message: s.name + ": " + message(words)})
			}
		}
	}
	if _, text := shell.Command(p.words); text != "" {
		if parsed, ok := shell.Parse(text); ok {
			if words, _ := parsed.Leaves(); words != "" {
				report(t.at(p.line, message(words)))
			}
		}
	}
}

// cmdDropped: what comes after "sh -c script" are the script's arguments, which it does not use.
func cmdDropped(t *target, report manifest.Report) {
	e := t.entrypoint
	if e == nil || t.cmd == nil || t.cmd.stage != e.stage || len(t.cmd.CmdLine) == 0 || t.windows() {
		return
	}
	_, rest := shell.CutInit(e.words())
	name, text := shell.Command(rest)
	s, ok := shell.Parse(text)
	if name == "" || !ok || s.Positional() {
		return
	}
	form := "the shell form of ENTRYPOINT"
	if !e.PrependShell {
		form = fmt.Sprintf("ENTRYPOINT %s -c", name)
	}
	report(t.at(t.cmd.line, fmt.Sprintf("CMD %s is dropped: %s takes no arguments, here or from docker run", strings.Join(t.cmd.CmdLine, " "), form)))
}

// stopSignal: the signal is none, or none that the program handles. Without STOPSIGNAL, that of
// the base image, it is SIGTERM.
func stopSignal(t *target, report manifest.Report) {
	if t.stopSignal == "" {
		if why := t.program.Deaf("SIGTERM"); why != "" && t.stopSignalLine == 0 && !t.windows() {
			f := t.at(max(1, t.process().line), "the stop signal SIGTERM is not handled: "+why)
			f.Fix = "handle SIGTERM in the program"
			report(f)
		}
		return
	}
	name, ok := signame.Parse(t.stopSignal)
	why := t.program.Deaf(name)
	if !ok {
		why = "there is no such signal, and the container does not start"
	}
	if why == "" {
		return
	}
	report(t.at(t.stopSignalLine, fmt.Sprintf("STOPSIGNAL %s does not ask for a stop: %s", t.stopSignal, why)))
}
