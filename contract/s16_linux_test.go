// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"

	"github.com/go-quiesce/quiesce/contract/internal/claim"
	"github.com/go-quiesce/quiesce/quiescetest"
)

// s16 is about Ignore and Reset.
func s16() claim.Claim {
	return claim.Claim{
		ID:   "S16",
		Told: "Ignore or Reset after Notify makes signals get lost or come twice.",
		Programs: map[string]func(){
			"ignore": ignoreAndNotify, "reset": resetAndNotify, "undo": undoIgnore, "queued": cancelQueued, "inherited": inheritedIgnore,
		},
		Trial: func(x *claim.Trial) {
			reset := x.Run("reset")
			ignoreAndResetLose(x, reset)
			comeOnce(x, reset)
			ignoreIsUndone(x)
		},
		So:      "Use signal.Stop for your own channel. Reset and Ignore take the signal from everyone in the process, and may lose one that had arrived; to end an Ignore call Notify and then Stop. Inherited ignores are only visible before the first Notify.",
		Covered: []string{"sigmux.Mux.Close", "sigmux.Inherited"},
		Vet:     "signal.Reset, or signal.Ignore of a terminating signal, outside of main",
	}
}

// ignoreAndResetLose is about signals that nobody gets.
func ignoreAndResetLose(x *claim.Trial, reset *quiescetest.Result) {
	x.Helper()
	ignored := answers(x, x.Run("ignore"))
	queued := answers(x, runAlone(x, "queued"))
	lostByIgnore, _ := strconv.Atoi(queued["lost by Ignore"])
	lostByReset, _ := strconv.Atoi(queued["lost by Reset"])
	x.Told(ignored["arrived ignored"] == "none" && ignored["alive ignored"] == "true", "sent after Ignore: lost")
	x.Told(reset.Signal != syscall.SIGTERM, "SIGTERM sent after Reset: lost")
	x.Told(lostByIgnore > 0, "had arrived, but was not in the channel yet, when Ignore was called: lost")
	x.Told(lostByReset > 0, "had arrived, but was not in the channel yet, when Reset was called: lost")
	x.Measured(lostByReset > 0 && lostByIgnore > 0,
		"Neither waits for signals that the runtime has queued, as Stop does (os/signal, cancel): a SIGTERM that Go's handler had taken is then neither in the channel nor does it kill.",
		"lost in %d of %s tries by Reset, in %d by Ignore", lostByReset, queued["tries"], lostByIgnore)
	x.Fact(answers(x, reset)["other arrived"] == "none" && reset.Signal == syscall.SIGTERM,
		"Reset takes the signal from every channel, also from those of other packages; after it SIGTERM kills.")
}

// comeOnce is about signals that come twice.
func comeOnce(x *claim.Trial, reset *quiescetest.Result) {
	x.Helper()
	a, b := answers(x, x.Run("ignore")), answers(x, reset)
	x.Told(a["arrived again"] == "SIGTERM SIGTERM", "Ignore, then Notify again with the same channel: each comes twice")
	x.Told(b["arrived again"] == "SIGTERM SIGTERM", "Reset, then Notify again with the same channel: each comes twice")
	x.Fact(a["arrived again"] == "SIGTERM" && b["arrived again"] == "SIGTERM" && b["arrived notified twice"] == "SIGTERM",
		"Nothing comes twice: a channel is registered once, however often it was given to Notify, and Notify ends an Ignore.")
}

// ignoreIsUndone is about how an Ignore ends, the program's own and an
// inherited one.
func ignoreIsUndone(x *claim.Trial) {
	x.Helper()
	r := x.Run("undo")
	u := answers(x, r)
	x.Fact(u["alive after Reset"] == "true" && u["ignored after Reset"] == "true",
		"Reset does not undo Ignore: SIGTERM stays ignored, also for signal.Ignored (runtime/signal_unix.go, sigdisable, leaves the action as it is).")
	x.Fact(r.Signal == syscall.SIGTERM && u["ignored after Notify and Stop"] == "false", "Notify followed by Stop does undo it: then SIGTERM kills.")

	c := x.Program("inherited")
	c.Args = append([]string{"sh", "-c", `trap "" INT; exec "$@"`, "sh"}, c.Args...)
	i := answers(x, c.Start(x).Wait())
	x.Fact(i["ignored"] == "true" && i["arrived"] == "SIGINT" && i["ignored after Notify"] == "false" && i["alive after Stop"] == "true",
		"A SIGINT that whoever started us ignores arrives after Notify and is ignored again after Stop; but from the first Notify on signal.Ignored says false.")
}

// ignoreAndNotify ignores what it has taken, and takes it again.
func ignoreAndNotify() {
	c := notified(9, syscall.SIGTERM)
	signal.Ignore(syscall.SIGTERM)
	deliver(syscall.SIGTERM)
	answer("alive ignored", true)
	answer("arrived ignored", names(received(c)))
	signal.Notify(c, syscall.SIGTERM)
	deliver(syscall.SIGTERM)
	answer("arrived again", names(received(c)))
}

// resetAndNotify gives back what it has taken, takes it again, gives it back
// and dies.
func resetAndNotify() {
	c, other := notified(9, syscall.SIGTERM), notified(9, syscall.SIGTERM)
	signal.Reset(syscall.SIGTERM)
	signal.Notify(c, syscall.SIGTERM)
	deliver(syscall.SIGTERM)
	answer("arrived again", names(received(c)))
	answer("other arrived", names(received(other)))
	signal.Notify(c, syscall.SIGTERM)
	deliver(syscall.SIGTERM)
	answer("arrived notified twice", names(received(c)))
	signal.Reset(syscall.SIGTERM)
	deliver(syscall.SIGTERM)
}

// undoIgnore tries to end its own Ignore, and dies in the end.
func undoIgnore() {
	signal.Ignore(syscall.SIGTERM)
	signal.Reset(syscall.SIGTERM)
	deliver(syscall.SIGTERM)
	answer("alive after Reset", true)
	answer("ignored after Reset", signal.Ignored(syscall.SIGTERM))
	signal.Stop(notified(1, syscall.SIGTERM))
	answer("ignored after Notify and Stop", signal.Ignored(syscall.SIGTERM))
	deliver(syscall.SIGTERM)
}

// cancelQueued calls Reset and Ignore when Go's handler has taken a signal and
// no other goroutine has run.
func cancelQueued() {
	runtime.LockOSThread()
	const tries = 20
	lost := func(cancel func(...os.Signal)) int {
		n := 0
		for range tries {
			c := notified(1, syscall.SIGTERM)
			served()
			raiseTogether(syscall.SIGTERM)
			cancel(syscall.SIGTERM)
			served()
			n += 1 - len(c)
		}
		return n
	}
	answer("tries", tries)
	answer("lost by Reset", lost(signal.Reset))
	answer("lost by Ignore", lost(signal.Ignore))
}

// inheritedIgnore is started with SIGINT ignored.
func inheritedIgnore() {
	answer("ignored", signal.Ignored(syscall.SIGINT))
	deliver(syscall.SIGINT)
	c := notified(1, syscall.SIGINT)
	deliver(syscall.SIGINT)
	answer("arrived", names(received(c)))
	signal.Stop(c)
	answer("ignored after Notify", signal.Ignored(syscall.SIGINT))
	deliver(syscall.SIGINT)
	answer("alive after Stop", true)
}
