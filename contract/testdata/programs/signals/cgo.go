// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package main

/*
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// The read and the sleep that signals come into.
static long readOne(int fd) { char b; return read(fd, &b, 1); }
static unsigned sleepLong(void) { return sleep(1000); }

static void *raiseUSR1(void *unused) { raise(SIGUSR1); return 0; }

// raiseElsewhere raises SIGUSR1 on a thread that Go does not know.
static int raiseElsewhere(void) {
	pthread_t t;
	int err = pthread_create(&t, 0, raiseUSR1, 0);
	return err ? err : pthread_join(t, 0);
}

static void sendSelf(void *info) {
	syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), SIGUSR1, info);
}

static void sendInC(void *info, stack_t *s) {
	sigaltstack(0, s);
	sendSelf(info);
}

struct look { void *info; uint64_t value; stack_t alt; int found; };

enum { redZone = 256, frames = 16 << 10 };

// lookBelow looks for the value where a frame on this thread's own stack was.
static void *lookBelow(void *p) {
	struct look *l = p;
	char here;
	sigaltstack(0, &l->alt);
	sendSelf(l->info);
	for (uintptr_t at = ((uintptr_t)&here & ~7ul) - redZone; at > (uintptr_t)&here - frames; at -= 8)
		if (*(volatile uint64_t *)at == l->value) l->found = 1;
	return 0;
}

static int lookElsewhere(struct look *l) {
	pthread_t t;
	int err = pthread_create(&t, 0, lookBelow, l);
	return err ? err : pthread_join(t, 0);
}

static volatile uintptr_t handlerStack;
static void plainHandler(int sig) { char here; handlerStack = (uintptr_t)&here; }

// installPlain installs a handler for SIGUSR2 as C programs do.
static int installPlain(void) {
	struct sigaction sa;
	memset(&sa, 0, sizeof sa);
	sa.sa_handler = plainHandler;
	return sigaction(SIGUSR2, &sa, 0);
}

static uintptr_t lastHandlerStack(void) { return handlerStack; }
*/
import "C"

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"unsafe"
)

var cgoModes = map[string]func(){
	"blocked": blockedInC, "sleep": sleepInC, "foreign": raiseOnForeignThread,
	"unregistered": raiseUnregistered, "cgostacks": cgoStacks, "plain": plainHandler,
}

// blockedInC has the main thread and three others in C code, and counts SIGUSR1.
// A SIGWINCH has it print the count.
func blockedInC() {
	onMainThread(func() {
		for range 3 {
			var p [2]int
			check(syscall.Pipe(p[:]))
			go func() { C.readOne(C.int(p[0])) }() // nobody writes
		}
		count()
		fmt.Println("ready")
		C.readOne(0)
	})
}

func count() {
	usr1, winch := notified(syscall.SIGUSR1), notified(syscall.SIGWINCH)
	go func() {
		n := 0
		for {
			select {
			case <-usr1:
				n++
			case <-winch:
				n += received(usr1)
				tell("received", n)
			}
		}
	}()
}

// notified registers a channel with a buffer of one.
func notified(sig os.Signal) chan os.Signal {
	c := make(chan os.Signal, 1)
	signal.Notify(c, sig)
	return c
}

// received empties a channel, and returns how many were in it.
func received(c chan os.Signal) (n int) {
	for {
		select {
		case <-c:
			n++
		default:
			return n
		}
	}
}

// sleepInC has the main thread sleep in C.
func sleepInC() {
	onMainThread(func() {
		notified(syscall.SIGUSR1)
		fmt.Println("ready")
		tell("cut short", C.sleepLong() > 0)
	})
}

// raiseOnForeignThread has threads that C made receive signals.
func raiseOnForeignThread() {
	usr1, winch := notified(syscall.SIGUSR1), notified(syscall.SIGWINCH)
	n := 0
	for range 20 {
		if err := C.raiseElsewhere(); err != 0 {
			panic(syscall.Errno(err))
		}
		for range 3 { // what was raised before has come when these have
			check(syscall.Kill(os.Getpid(), syscall.SIGWINCH))
			<-winch
		}
		n += received(usr1)
	}
	tell("received", n)
}

// raiseUnregistered has a signal that nobody takes come first to a thread of Go
// and then to one that C made.
func raiseUnregistered() {
	check(syscall.Tgkill(os.Getpid(), syscall.Gettid(), syscall.SIGUSR1))
	tell("survived on a thread of Go", true)
	C.raiseElsewhere()
	tell("survived on a thread of C", true)
}

// cgoStacks looks at the stacks that handlers use in C.
func cgoStacks() {
	notified(syscall.SIGUSR1)
	runtime.LockOSThread()
	var info runtime.Pinner
	info.Pin(&marked)
	defer info.Unpin()
	var s C.stack_t
	C.sendInC(unsafe.Pointer(&marked), &s)
	alt := altstack{base: uintptr(s.ss_sp), flags: int32(s.ss_flags), size: uintptr(s.ss_size)}
	tell("found in a C call", alt.hasMark())

	l := C.struct_look{info: unsafe.Pointer(&marked), value: C.uint64_t(marked.value)}
	if err := C.lookElsewhere(&l); err != 0 {
		panic(syscall.Errno(err))
	}
	tell("enabled on a thread of C", l.alt.ss_flags&disabled == 0)
	tell("found on the own stack of a thread of C", l.found != 0)
}

// plainHandler has a handler of C, installed without SA_ONSTACK, interrupt Go.
func plainHandler() {
	if _, err := C.installPlain(); err != nil {
		panic(err)
	}
	runtime.LockOSThread()
	here := interruptWithRoom(64)
	at := uintptr(C.lastHandlerStack())
	tell("on the goroutine's stack", at < here && at > here-frameSize)
}

// frameSize is more than the kernel needs for the frame of a handler.
const frameSize = 32 << 10

// interruptWithRoom raises SIGUSR2 where the goroutine's stack has room for the
// frame: after it was grown by so many KiB. It returns where that was.
func interruptWithRoom(kib int) uintptr {
	grow(kib)
	var here byte
	check(syscall.Tgkill(os.Getpid(), syscall.Gettid(), syscall.SIGUSR2))
	return uintptr(unsafe.Pointer(&here))
}

//go:noinline
func grow(kib int) byte {
	var room [1 << 10]byte
	if kib > 0 {
		room[kib] = grow(kib - 1)
	}
	return room[kib]
}
