// SPDX-License-Identifier: Apache-2.0

// Package exitlibrary defines an analyzer that reports exits of the process in a
// library.
//
// # Analyzer exitlibrary
//
// exitlibrary: report functions for other packages that end the process on an error
//
// Only main knows what else the process is doing: which requests are in flight, what is
// deferred, which file is half written. A library that calls os.Exit or log.Fatal takes
// that decision away, and no caller can tell from the signature, least of all from one
// that returns an error.
//
// Wrong:
//
//	func Load(name string) (*Config, error) {
//		data, err := os.ReadFile(name)
//		if err != nil {
//			log.Fatal(err)
//		}
//		return parse(data)
//	}
//
// Right:
//
//	func Load(name string) (*Config, error) {
//		data, err := os.ReadFile(name)
//		if err != nil {
//			return nil, err
//		}
//		return parse(data)
//	}
//
// Reported are functions that return an error, and yet end the process on a condition, and
// functions that answer requests of HTTP. Where they have an error, these are reported as
// well: functions without a result that only such as return errors call; functions that run
// as goroutines; exported methods; exported constructors and the like that return something
// (New, Open, Connect, Load), and what only they call; those about a server (Serve, Listen,
// Start, Stop, Close); functions that reload, refresh, renew or rotate something; and
// exported functions of the package at the root of a module. Of these, the constructors, those
// about a server, and their helpers and those of functions that return errors are reported
// also for an exit under another condition, if its message says that a configuration or an
// argument is no good (invalid, must be, requires, unsupported and the like).
//
// Not reported are programs, their command line (files by imports, other than for the set of
// flags that a function is given, and packages by name, but for constructors, and methods that
// return an error and are not a command's own), test helpers, functions whose name says that
// they exit (Must, Fatal, Exit and the like), the methods Fatal and the like of the package's
// own types where no error is expected, an exit with the code of a child, one that the caller
// asks for (case ExitOnError), one whose message says that it cannot happen, or, where it is for
// no error, has the address of a page about it, one for a log or a store that a goroutine cannot
// write, and functions that return errors up to a point, and from there on end the process on
// each of several: they cannot go back any more.
//
// To switch it off for one line: //quiesce:ignore exitlibrary reason
package exitlibrary
