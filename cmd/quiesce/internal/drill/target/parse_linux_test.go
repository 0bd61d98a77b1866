// SPDX-License-Identifier: Apache-2.0

package target

import (
	"encoding/binary"
	"net"
	"os"
	"path/filepath"
	"testing"
)

func TestParseStat(t *testing.T) {
	const tail = " S 7 8 9 0 -1 4194564 1 2 3 4 5 6 7 8 20 0 1 0 12345 100 200"
	for _, name := range []string{"sh", "a b", "x) R 1 (y", ""} {
		p, err := parseStat([]byte("42 (" + name + ")" + tail))
		want := process{pid: 42, parent: 7, group: 8, state: 'S', flags: 4194564, start: 12345, name: name}
		if err != nil || p != want {
			t.Errorf("name %q: %+v, %v", name, p, err)
		}
	}
	for _, bad := range []string{"", "42", "42 (sh) S 7", "x (sh)" + tail} {
		if p, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("%q: no error, %+v", bad, p)
		}
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte("42 (sh) S 7 8 9 0 -1 4194564 1 2 3 4 5 6 7 8 20 0 1 0 12345 100 200"))
	f.Add([]byte("42 (a) (b) S"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if p, err := parseStat(data); err != nil && p.start != 0 {
			t.Errorf("error %v with start %d", err, p.start)
		}
	})
}

func TestParseAddr(t *testing.T) {
	if binary.NativeEndian.Uint16([]byte{0, 1}) == 1 {
		t.Skip("the samples are of a little-endian machine")
	}
	for in, want := range map[string]string{
		"0100007F:1F90":                         "127.0.0.1:8080",
		"00000000:0050":                         "0.0.0.0:80",
		"00000000000000000000000001000000:01BB": "[::1]:443",
		"0000000000000000FFFF00000100007F:0001": "127.0.0.1:1",
	} {
		if got, err := parseAddr(in); err != nil || got.String() != want {
			t.Errorf("parseAddr(%q) = %v, %v; want %s", in, got, err, want)
		}
	}
	for _, bad := range []string{"", "0100007F", "zz:1", "01:1", "0100007F:12345"} {
		if got, err := parseAddr(bad); err == nil {
			t.Errorf("parseAddr(%q) = %v", bad, got)
		}
	}
}

func TestHolds(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	u, err := net.Listen("unix", "with space.sock")
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	six, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here:", err)
	}
	defer six.Close()
	self, err := readProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	h := holds([]process{self})
	found := 0
	for inode, l := range h.tcp {
		if l.addr.String() == six.Addr().String() && h.by[inode].pid == self.pid {
			found++
		}
	}
	for _, name := range h.unix {
		if name == filepath.Join(dir, "with space.sock") {
			found++
		}
	}
	if found != 2 {
		t.Errorf("holds %v, want %v and %v", h, six.Addr(), u.Addr())
	}
}
