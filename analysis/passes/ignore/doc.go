// SPDX-License-Identifier: Apache-2.0

// Package ignore defines an analyzer that reports comments that switch nothing off.
//
// # Analyzer ignore
//
// ignore: report comments that are to switch a finding off, and do not
//
// A finding is switched off with a comment on its line, or on the line above it, that
// names the check and gives a reason. A comment with a mistake in it switches nothing
// off. One that is left over from a finding that is gone would hide the next one of its
// kind. Comments for checks that did not run are not judged.
//
// Wrong:
//
//	//quiesce:ignore timeafter
//	case <-time.After(time.Minute):
//
// Right:
//
//	//quiesce:ignore timeafter one turn an hour: there are never two timers
//	case <-time.After(time.Minute):
//
// To switch it off for a whole run: quiesce vet --skip ignore
package ignore
