// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// s21 is about the code that the kernel enters.
func s21() claim.Claim {
	return claim.Claim{
		ID:   "S21",
		Told: "The signal trampoline saves the registers, switches stacks and jumps to the Go handler; on amd64 and arm64 by different instructions.",
		Trial: func(x *claim.Trial) {
			amd64, arm64 := amd64Code.examine(x), arm64Code.examine(x)
			x.Told(!slices.Equal(amd64, arm64), "on amd64 and arm64 by different instructions")
		},
		So: "A handler that is put in front of Go's need not save registers or change stacks either: it must leave the callee-saved registers and its three arguments as they are, and jump on.",
	}
}

// A code is what the trampoline of an architecture consists of, if it does what
// the claim says.
type code struct {
	arch          string
	saved         []string // the registers, as they are saved
	save, restore string   // patterns around one of those
	setStack      string   // a pattern: what changes the stack pointer
	moveStack     string   // a pattern: what of that stays on the same stack
	page          string   // what is saved, for the page
}

var amd64Code = code{
	arch:      "amd64",
	saved:     []string{"BP", "BX", "R12", "R13", "R14", "R15"},
	save:      `^MOVQ %, \S+\(SP\)$`,
	restore:   `^MOVQ \S+\(SP\), %$`,
	setStack:  `, SP$`,
	moveStack: `^(SUB|ADD)Q \$0x[0-9a-f]+, SP$`,
	page:      "BP, BX and R12 to R15, with MOVQ",
}

var arm64Code = code{
	arch: "arm64",
	saved: []string{
		"(R19, R20)", "(R21, R22)", "(R23, R24)", "(R25, R26)", "(R27, R28)",
		"(F8, F9)", "(F10, F11)", "(F12, F13)", "(F14, F15)",
	},
	save:      `^(STP|FSTPD) %, \S+\(RSP\)$`,
	restore:   `^(LDP|FLDPD) \S+\(RSP\), %$`,
	setStack:  `, RSP$`,
	moveStack: `^(SUB|ADD) \$\d+, RSP, RSP$`,
	page:      "R19 to R28 and F8 to F15, two at a time with STP and FSTPD",
}

// examine disassembles the trampoline and judges it. It returns its
// instructions without operands.
func (c code) examine(x *claim.Trial) (names []string) {
	x.Helper()
	bin := x.Build("signals", []string{"GOOS=linux", "GOARCH=" + c.arch, "CGO_ENABLED=0"})
	funcs := disassembled(x, bin)
	trampoline := funcs["sigtramp.abi0"]
	call := findCall(trampoline, funcs["sigtrampgo"])
	if call < 0 {
		x.Fatalf("%s: it does not call runtime.sigtrampgo: %v", c.arch, trampoline)
	}
	before, after := trampoline[:call], trampoline[call:]
	saves := c.all(before, c.save)
	returns := after[len(after)-1].text == "RET"
	switches := slices.ContainsFunc(trampoline, func(i instruction) bool {
		return matches(c.setStack, i.text) && !matches(c.moveStack, i.text)
	})
	x.Told(saves, "%s: it saves registers", c.arch)
	x.Told(switches, "%s: it switches stacks", c.arch)
	x.Told(!returns, "%s: it jumps to the Go handler and does not come back", c.arch)
	x.Fact(saves && c.all(after, c.restore),
		"On "+c.arch+" it saves and restores "+c.page+": what a C function must leave as it was. The kernel has saved all registers in the frame, and restores them at the end.")
	x.Fact(!switches && returns,
		"On "+c.arch+" no instruction changes stacks: the kernel did, because of SA_ONSTACK. It calls runtime.sigtrampgo and returns.")
	if c.arch == runtime.GOARCH {
		entered(x, bin, funcs)
	}
	for _, i := range trampoline {
		name, _, _ := strings.Cut(i.text, " ")
		names = append(names, name)
	}
	return names
}

// findCall returns the index of the instruction that calls f. On arm64 that goes
// through R3, which the two instructions before load.
func findCall(instructions, f []instruction) int {
	return slices.IndexFunc(instructions, func(i instruction) bool {
		if i.text != "CALL (R3)" {
			return i.text == "CALL runtime.sigtrampgo(SB)"
		}
		at := slices.Index(instructions, i)
		return at >= 2 && len(f) > 0 && loaded(instructions[at-2], instructions[at-1]) == f[0].address
	})
}

// loaded returns what ADRP, for the page, and ADD, for the rest, load into R3.
func loaded(adrp, add instruction) uint64 {
	var pages int64
	var rest uint64
	if _, err := fmt.Sscanf(adrp.text, "ADRP %d(PC), R3", &pages); err != nil {
		return 0
	}
	if _, err := fmt.Sscanf(add.text, "ADD $%d, R3, R3", &rest); err != nil {
		return 0
	}
	return uint64(int64(adrp.address&^0xfff)+pages) + rest
}

func matches(pattern, text string) bool { return regexp.MustCompile(pattern).MatchString(text) }

// all reports whether there is such an instruction for each register.
func (c code) all(instructions []instruction, pattern string) bool {
	for _, r := range c.saved {
		p := strings.ReplaceAll(pattern, "%", regexp.QuoteMeta(r))
		if !slices.ContainsFunc(instructions, func(i instruction) bool { return matches(p, i.text) }) {
			return false
		}
	}
	return true
}

// entered compares with what the kernel was told by a program that is run.
func entered(x *claim.Trial, bin string, funcs map[string][]instruction) {
	x.Helper()
	r := inMode(bin, "actions").Start(x).Wait()
	x.Fact(said(x, r, "entries") == "1" && said(x, r, "entry") == strconv.FormatUint(funcs["sigtramp.abi0"][0].address, 10),
		"The trampoline, runtime.sigtramp, is what the kernel enters for every signal that Go handles (rt_sigaction read back, without cgo).")
	if back := funcs["sigreturn__sigaction.abi0"]; len(back) > 0 && runtime.GOARCH == "amd64" {
		x.Fact(said(x, r, "restorer") == strconv.FormatUint(back[0].address, 10) && back[0].text == "MOVQ $0xf, AX" && back[1].text == "SYSCALL",
			"On amd64 it returns to runtime.sigreturn__sigaction, which is the system call rt_sigreturn.")
	}
}

// An instruction is as "go tool objdump" prints it.
type instruction struct {
	address uint64
	text    string
}

// disassembled returns functions of the runtime that have to do with handlers.
func disassembled(x *claim.Trial, bin string) map[string][]instruction {
	x.Helper()
	out := x.GoTool(nil, "tool", "objdump", "-s", `^runtime\.(sigtramp\.abi0|sigtrampgo|sigreturn__sigaction\.abi0)$`, bin)
	funcs := map[string][]instruction{}
	name := ""
	for line := range strings.Lines(out) {
		if rest, ok := strings.CutPrefix(line, "TEXT runtime."); ok {
			name, _, _ = strings.Cut(rest, "(")
		} else if i, ok := parseInstruction(line); ok {
			funcs[name] = append(funcs[name], i)
		}
	}
	return funcs
}

// parseInstruction parses a line "file:1	0x4835ce	48891c24	MOVQ BX, 0(SP)". What
// pads a function has no text but a question mark.
func parseInstruction(line string) (i instruction, ok bool) {
	fields := regexp.MustCompile(`\t+`).Split(strings.TrimSpace(line), -1)
	if len(fields) != 4 || fields[3] == "?" {
		return i, false
	}
	address, err := strconv.ParseUint(strings.TrimPrefix(strings.TrimSpace(fields[1]), "0x"), 16, 64)
	return instruction{address, strings.TrimSpace(fields[3])}, err == nil
}
