// SPDX-License-Identifier: Apache-2.0

package ctxio

import (
	"os"
	"path/filepath"
	"testing"
)

const rest = " 7 0 -1 4194560 99 0 0 0 1 2 3 4 20 0 "

func TestVitalityIn(t *testing.T) {
	for _, c := range []struct {
		stat string
		want vitality
	}{
		{"12 (sleep) S 1 7" + rest + "1 0 55", living},
		{"12 (a) Z 1 7) S 1 7" + rest + "1 0 55", living},
		{"12 (sleep) Z 1 7" + rest + "1 0 55", zombie},
		{"12 (sleep) X 1 7" + rest + "0 0 55", zombie},
		{"12 (server) Z 1 7" + rest + "5 0 55", living}, // other threads are not dead yet
		{"12 (sleep) S 1 77" + rest + "1 0 55", absent},
		{"", absent},
	} {
		if got := vitalityIn([]byte(c.stat), 7); got != c.want {
			t.Errorf("vitalityIn(%q) = %v, want %v", c.stat, got, c.want)
		}
	}
}

func FuzzVitalityIn(f *testing.F) {
	f.Add([]byte("12 (sleep) S 1 7" + rest + "1 0 55"))
	f.Add([]byte(")"))
	f.Fuzz(func(t *testing.T, stat []byte) {
		if vitalityIn(stat, 7) != absent && vitalityIn(stat, 8) != absent {
			t.Errorf("%q is in two groups", stat)
		}
	})
}

// A census believes what it sees and no more.
func TestCensus(t *testing.T) {
	proc := t.TempDir()
	put := func(pid, state string) {
		t.Helper()
		dir := filepath.Join(proc, pid)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		stat := pid + " (x) " + state + " 1 7" + rest + "1 0 55"
		if err := os.WriteFile(filepath.Join(dir, "stat"), []byte(stat), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := census{proc: proc}
	want := func(zombies bool, when string) {
		t.Helper()
		if got := c.onlyZombies(7); got != zombies {
			t.Errorf("%s: onlyZombies = %v", when, got)
		}
	}
	want(false, "nothing is mounted there")
	put("self", "S")
	want(false, "nobody is to be seen")
	put("7", "Z")
	want(true, "the leader is dead")
	put("8", "S")
	want(false, "another lives")
	if c.witness != "8" {
		t.Errorf("witness = %q, want 8", c.witness)
	}
	put("8", "Z")
	put("9", "S")
	want(false, "the witness has died and another lives")
	put("9", "Z")
	want(true, "all are dead")
	c = census{proc: filepath.Join(proc, "none")}
	want(false, "there is no such directory")
}
