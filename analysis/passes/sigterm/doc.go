// SPDX-License-Identifier: Apache-2.0

// Package sigterm defines an analyzer that reports programs that take SIGINT and not
// SIGTERM.
//
// # Analyzer sigterm
//
// sigterm: report programs that stop or clean up on SIGINT and not on SIGTERM
//
// SIGINT is what Ctrl-C sends. Kubernetes, Docker, systemd and kill send SIGTERM, and a
// program that has not registered it ends at once: connections are cut and nothing is
// cleaned up. It works on the developer's terminal only. os.Interrupt is SIGINT.
//
// Wrong:
//
//	signal.Notify(c, os.Interrupt)
//	<-c
//	srv.Shutdown(ctx)
//
// Right:
//
//	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
//	<-c
//	srv.Shutdown(ctx)
//
// SignalHandler of github.com/oklog/run counts as Notify does.
//
// Reported where the program (in other packages, the function or a method of its type)
// listens, serves, or stops a server, or starts one of another package of the program,
// and no SIGTERM is taken in the package; where main is of a program one of whose packages
// serves; and where the signal is followed by a clean-up of what outlives the process: a
// call named so, or one that removes files, unmounts, or restores the terminal, itself or
// in a function of the package that ends with os.Exit, or one that runs a list of functions
// that others have registered before the program ends, or, where main waits for nothing
// else, that stops what another package of the program runs.
// Not reported: servers that wait for the answer of a browser; signals that cannot be read
// off the code; packages that call others which may take SIGTERM; tests.
//
// To switch it off for one line: //quiesce:ignore sigterm reason
package sigterm
