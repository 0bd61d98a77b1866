// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"log"
	"os"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
)

// g10 is about debug.SetPanicOnFault.
func g10() claim.Claim {
	return claim.Claim{
		ID:       "G10",
		Told:     "debug.SetPanicOnFault turns the SIGSEGV of a bad memory access into a panic that can be recovered.",
		Programs: map[string]func(){"fault": fault},
		Trial: func(x *claim.Trial) {
			with, without := map[string]faulted{}, map[string]faulted{}
			for name := range faults {
				with[name], without[name] = runFault(x, name, "on"), runFault(x, name, "off")
			}
			x.Told(with["nil"].recovered, "nil pointer")
			x.Told(with["unmapped"].recovered, "unmapped page")
			x.Told(with["read-only"].recovered, "write to a read-only page")
			x.Told(with["truncated"].recovered, "page of a mapped file that was truncated (a SIGBUS)")
			x.Told(with["aside"].recovered, "access in a goroutine that is started afterwards")

			x.Fact(without["nil"].recovered, "A nil pointer panics without it: the runtime does so for addresses below 4096 (runtime/signal_unix.go, sigpanic).")
			x.Fact(without["unmapped"].fatal == "SIGSEGV" && without["read-only"].fatal == "SIGSEGV" && without["truncated"].fatal == "SIGBUS", "Every other bad address is fatal without it: `unexpected fault address`, `fatal error: fault`, exit code 2, and no recover is asked.")
			x.Fact(with["copied"].recovered && without["copied"].fatal == "SIGBUS", "With it also a copy() out of a truncated mapped file, where the access is in the runtime, can be recovered from.")
			x.Fact(with["aside"].fatal == "SIGSEGV", "It counts for one goroutine; one that this starts begins without it.")
			x.Fact(with["sent"].fatal == "SIGSEGV" && without["sent"].fatal == "SIGSEGV", "A SIGSEGV that somebody sent with kill is fatal with and without it.")
			x.Fact(with["write"].note == "EFAULT" && without["write"].note == "EFAULT", "A system call that is given the bad address causes no signal: it fails with EFAULT.")
		},
		So:  "Around each access to a mapped file that others can truncate, in the same goroutine: set it, defer the return to the old value, recover, and make an error of it. Nothing of it repairs memory: use it for mapped files, not to survive wild pointers.",
		Vet: "debug.SetPanicOnFault without a recover in the same goroutine, or whose old value is not restored",
	}
}

// faulted is how a program with a bad access went.
type faulted struct {
	recovered bool
	fatal     string // the signal that the runtime died of, "" if it did not
	note      string // what else it printed
}

func runFault(x *claim.Trial, name, setting string) faulted {
	x.Helper()
	r := x.Run("fault", name, setting)
	var f faulted
	f.recovered = strings.HasPrefix(r.Stdout, "recovered ") && r.Code == 0
	if r.Code == 2 {
		for _, sig := range []string{"SIGSEGV", "SIGBUS"} {
			if strings.Contains(r.Stderr, sig) {
				f.fatal = sig
			}
		}
	}
	f.note = strings.TrimSpace(r.Stdout)
	return f
}

// fault makes the access that its first argument says, with the setting that the
// second one says.
func fault() {
	debug.SetPanicOnFault(os.Args[2] == "on")
	recovering(faults[os.Args[1]])
}

// recovering prints what it recovered from, if it did.
func recovering(f func()) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println("recovered", r)
		}
	}()
	f()
}

var nobody *int

// faults are bad accesses to memory.
var faults = map[string]func(){
	"nil":       func() { *nobody++ },
	"unmapped":  func() { unmapped()[0]++ },
	"read-only": func() { mapped(-1, syscall.PROT_READ)[0]++ },
	"truncated": func() { truncated()[0]++ },
	"copied":    func() { copy(make([]byte, os.Getpagesize()), truncated()) },
	"aside":     func() { <-started(func() { recovering(func() { unmapped()[0]++ }) }) },
	"sent": func() {
		sendSelf(syscall.SIGSEGV)
		untilStdinEnds()
	},
	"write": func() {
		if _, err := syscall.Write(1, unmapped()); err == syscall.EFAULT {
			fmt.Println("EFAULT")
		}
	},
}

// mapped maps a page of a file, or of nothing if fd is -1.
func mapped(fd, prot int) []byte {
	flags := syscall.MAP_SHARED
	if fd < 0 {
		flags = syscall.MAP_PRIVATE | syscall.MAP_ANON
	}
	page, err := syscall.Mmap(fd, 0, os.Getpagesize(), prot, flags)
	if err != nil {
		log.Fatal(err)
	}
	return page
}

// unmapped returns a page that was there a moment ago.
func unmapped() []byte {
	page := mapped(-1, syscall.PROT_READ|syscall.PROT_WRITE)
	if err := syscall.Munmap(page); err != nil {
		log.Fatal(err) // a panic would look like a fault
	}
	return page
}

// truncated returns a page of a file that has become shorter.
func truncated() []byte {
	file, err := os.CreateTemp("", "quiesce-contract-*")
	if err != nil {
		log.Fatal(err) // a panic would look like a fault
	}
	if err := os.Remove(file.Name()); err != nil {
		log.Fatal(err) // a panic would look like a fault
	}
	if err := file.Truncate(int64(os.Getpagesize())); err != nil {
		log.Fatal(err) // a panic would look like a fault
	}
	page := mapped(int(file.Fd()), syscall.PROT_READ|syscall.PROT_WRITE)
	if err := file.Truncate(0); err != nil {
		log.Fatal(err) // a panic would look like a fault
	}
	return page
}
