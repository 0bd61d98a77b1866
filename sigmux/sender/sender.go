// SPDX-License-Identifier: Apache-2.0

package sender

import "github.com/go-quiesce/quiesce/sigmux"

// OS returns the signals of the operating system, as [sigmux.OS] does, and who
// sent them: it is a [sigmux.Attributor] where that is possible. Where it is
// not, see [Supported], it is the same as sigmux.OS.
//
// A signal is hooked when it is first taken through this source, by Listen of a
// mux or by NotifyContextFrom, and never unhooked: the hook only records, and
// jumps on to Go's handler. Signals that nobody takes through this source are
// not touched. All values are the same source.
func OS() sigmux.Source { return system() }

// Supported returns nil if senders are known here, and otherwise an error that
// says why they stay unknown: the operating system, the architecture or the
// build tag; or, for single signals that were taken through [OS], that their
// handler is not Go's own. It is safe for concurrent use.
func Supported() error { return trouble() }
