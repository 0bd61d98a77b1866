// SPDX-License-Identifier: Apache-2.0

package chans

import (
	"go/types"
	"regexp"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// stops matches what the channels are called that tell an object to end.
var stops = regexp.MustCompile(`(?i)(done|quit|stop|exit|clos|term|shut|finish|die|death|kill|halt|abort|cancel)`)

// StopOf returns the field of a struct type, or of what it points to, that holds a channel
// which the package closes to stop the object, as far as its name tells. It is nil if there
// is none.
func (i *Info) StopOf(t types.Type) *types.Var {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	s, ok := t.Underlying().(*types.Struct)
	if !ok {
		return nil
	}
	for field := range s.Fields() {
		ch, ok := field.Type().Underlying().(*types.Chan)
		if ok && code.IsEmptyStruct(ch.Elem()) && stops.MatchString(field.Name()) && i.Of(field).Has(Close) && i.Of(field).Has(Make) {
			return field
		}
	}
	return nil
}
