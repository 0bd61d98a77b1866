// SPDX-License-Identifier: Apache-2.0

/*
Package drain lets work in until it is told to stop, and says when the last of
it is over. It depends on the standard library only and can be used without the
rest of quiesce.

A [Gate] is one door. Its zero value is open.

	var gate drain.Gate

	func serve(j Job) error {
		if !gate.Enter() {
			return errStopping
		}
		defer gate.Leave()
		return j.Do()
	}

	func stop(ctx context.Context) error {
		return gate.Close(ctx) // refuses from now on, waits for what was let in
	}

# Words

Work is admitted or refused. What was admitted and has not left is in flight. A
gate is drained when it is shut and nothing is in flight: that happens once, and
nothing comes after it. It is quiet when nothing arrived for a while and nothing
is in flight: that can pass. A holder is work in flight that has a name. A class
is a gate with a name and a place in the order in which a [Group] refuses.

# What it costs

Enter is one atomic addition and Leave another; nothing is allocated. Leave
itself says when the last work is over, so a stop ends with the work, not at the
next look at a counter. [Gate.Begin] costs a lock and one reading of the clock
more, and lets an error say who is late.

# What it does not do

A gate stops nothing that was admitted: it neither cancels nor bounds work, it
only waits. It does not tell clients to go elsewhere either.
*/
package drain
