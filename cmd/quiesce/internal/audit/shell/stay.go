// SPDX-License-Identifier: Apache-2.0

package shell

import "strings"

// A Certainty is how sure it is that a shell stays the parent of a script's last command.
type Certainty int

// How sure it is.
const (
	Replaced Certainty = iota // it does not, or there is nothing to lose
	Perhaps                   // if it is dash
	Certain
)

// StaysIn reports whether a shell of that name stays in an image, and how a message names
// the shell. A script of which the last command is soon over has nothing to lose.
func (s Script) StaysIn(name, image string) (sure Certainty, who string) {
	d := DialectOf(name, image)
	switch {
	case d == None || s.SoonOver() || !s.Stays(d):
		return Replaced, ""
	case d != Unknown:
		if name = d.String(); strings.Contains(name, ",") {
			name += ","
		}
		return Certain, name
	case s.Stays(Bash) && s.Stays(Ash):
		return Certain, name
	}
	return Perhaps, name
}
