// SPDX-License-Identifier: Apache-2.0

// Package sigterm defines an analyzer that reports servers that take SIGINT and not
// SIGTERM.
//
// # Analyzer sigterm
//
// sigterm: report servers that stop on SIGINT and not on SIGTERM
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
// Reported where the program (in other packages, the function or a method of its type)
// listens, serves, or stops a server, or starts one of another package of the program. Not reported: programs that serve nothing; packages that take
// SIGTERM somewhere, or signals that cannot be read off the code, or that call other
// packages which take signals; tests.
//
// To switch it off for one line: //quiesce:ignore sigterm reason
package sigterm
