// SPDX-License-Identifier: Apache-2.0

package ctxio

import "testing"

func TestLivesIn(t *testing.T) {
	const rest = " 7 0 -1 4194560 99 0 0 0 1 2 3 4 20 0 "
	for _, c := range []struct {
		stat string
		want bool
	}{
		{"12 (sleep) S 1 7" + rest + "1 0 55", true},
		{"12 (a) Z 1 7) S 1 7" + rest + "1 0 55", true},
		{"12 (sleep) Z 1 7" + rest + "1 0 55", false},
		{"12 (sleep) X 1 7" + rest + "0 0 55", false},
		{"12 (server) Z 1 7" + rest + "5 0 55", true}, // other threads are not dead yet
		{"12 (sleep) S 1 77" + rest + "1 0 55", false},
		{"", false},
	} {
		if got := livesIn([]byte(c.stat), 7); got != c.want {
			t.Errorf("livesIn(%q) = %v", c.stat, got)
		}
	}
}

func FuzzLivesIn(f *testing.F) {
	f.Add([]byte("12 (sleep) S 1 7 7 0 -1 4194560 99 0 0 0 1 2 3 4 20 0 1 0 55"))
	f.Add([]byte(")"))
	f.Fuzz(func(t *testing.T, stat []byte) {
		if livesIn(stat, 7) && livesIn(stat, 8) {
			t.Errorf("%q is in two groups", stat)
		}
	})
}
