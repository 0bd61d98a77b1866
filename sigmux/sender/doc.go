// SPDX-License-Identifier: Apache-2.0

/*
Package sender says who sent a signal. It is opt-in: a program asks for it by
using [OS] as the source of its signals, in the place of sigmux.OS:

	app := quiesce.New("shop", quiesce.WithSignals(sender.OS()))

	mux := sigmux.New(sender.OS())

	ctx, stop := sigmux.NotifyContextFrom(ctx, sender.OS())

Everything else is as before. The cause of a stop, and whatever prints it, then
says

	terminated by SIGTERM from pid 4242 (kill) uid 0
	terminated by SIGINT from the terminal
	terminated by SIGTERM from outside the PID namespace, uid 0

The last one is what a container sees of a kubelet or docker stop, and it is an
answer: nobody in the container did it. See [sigmux.Sender] for all of them.

# How

The kernel tells a signal handler who sent the signal, and Go's handler throws
that away. This package puts some 30 instructions of assembly before Go's handler:
they copy the sender into a fixed place and jump on. Nothing else changes:
os/signal remains the way a signal takes, and default actions, the second Ctrl-C
that kills and SIGQUIT's stacks are what they were. The hook is installed by
rt_sigaction, for each signal when it is first taken through OS, and stays until
the process ends. Programs that are started do not get it.

It relies on the kernel's ABI (siginfo and sigaction of Linux on amd64 and
arm64, unchanged since these exist) and on Go's handler being one function with
SA_SIGINFO. It looks whether that is so, and leaves alone what it does not know:
if something else, such as a C library, has put its handler there, the sender
stays unknown and [Supported] says so. Tested with Go 1.26 and 1.27.

Of what others do, only signal.Ignore removes the hook (and, for a SIGINT or
SIGHUP that was ignored when the process started, signal.Reset and the last
signal.Stop); it comes back when the signal is next taken through OS, or when a
sender is found missing. Do not call signal.Ignore or signal.Reset for a signal
at the very moment at which another goroutine takes it: the outcome was never
certain, and is not here.

# What it does not do

Equal signals that are on their way are one, for the kernel and for the Go
runtime. The sender is then that of the first. In a burst, which is more than
four of one signal before anybody looks, the senders of some stay unknown: of
those that arrived in a storm of a million, a tenth or so (TestStorm -v). A
signal gets no old sender instead, and other signals are not affected.

A name is a hint. It is read from /proc when the signal is received: by then the
process may be gone (then the name is empty) or have become another program.
Where /proc is that of another PID namespace it is somebody else's; where it is
hidden or not mounted it is empty.

Process and user ids are as the kernel reports them, with one exception: who uses
sigqueue fills them in, honestly if it is the C library. User ids are those of
our user namespace; 65534 stands for users that it does not have.

Signals that are not ordinary to the Go runtime stay unknown: SIGSEGV and other
faults, SIGPROF, 32 to 34. So does a signal in the instant between taking it and
hooking it, and one that was blocked and pending when the process began.

# Cost

On the machine of our tests (2 shared cores, Linux 6.18, Go 1.26.8; go test
-bench . ./sigmux/sender): 0.1 µs a signal, and 1.9 µs more to look up the name,
once in 10 ms as long as it is the same process. A signal itself takes 10 to
50 µs there. Signals that are not taken through OS cost nothing.

# Systems

Linux on amd64 and arm64. Elsewhere, and with the build tag quiesce_nosender,
OS is sigmux.OS and every sender unknown.
*/
package sender
