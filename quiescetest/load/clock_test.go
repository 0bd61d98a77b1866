// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"testing"
)

// A session whose callers sleep ends at once, however it is ended.
func TestOpenEndsAtOnce(t *testing.T) {
	for name, end := range map[string]func(*Session, context.CancelFunc){
		"Finish":  func(s *Session, _ context.CancelFunc) { s.Finish(t.Context()) },
		"Close":   func(s *Session, _ context.CancelFunc) { s.Close() },
		"context": func(s *Session, cancel context.CancelFunc) { cancel(); s.callers.Wait() },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s, err := Start(ctx, Config{Loads: []Load{{Name: name, Kind: &fake{}, Callers: 8, Rate: 1e-6}}})
		if err != nil {
			t.Fatal(err)
		}
		end(s, cancel)
		if n := s.Tallies()[0].Attempts(); n != 0 {
			t.Errorf("%s: %d attempts, want none", name, n)
		}
		s.Close()
	}
}
