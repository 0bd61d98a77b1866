// SPDX-License-Identifier: Apache-2.0

/*
Package contract says what Go and the kernel really do with signals, contexts,
goroutines, servers and processes, and proves it: each claim is a small program
that is run against the real runtime and kernel, and its verdict follows from
what was observed. The page that comes of it is docs/reference/contract.md.

	go test ./contract -v                       every claim, and the table
	go test ./contract -v -run 'Contract/claims/S15$'   one
	go test ./contract -update                  writes the page

Everything is in the test files, one claim a file, and for Linux. A claim says
how it is told and what follows for your code. Its trial says what must be seen
if it is right as told (Told), from which the verdict follows, and asserts each
sentence of what really happens (Fact). A runtime that behaves differently flips
the verdict or breaks a fact, and the test fails. testdata/seen.txt keeps the
verdicts by Go version.

Nothing sleeps for a fixed time, except to prove that something does not happen;
those places say how long and why.
*/
package contract

//go:generate go test -run ^TestContract$ -update .
