// SPDX-License-Identifier: Apache-2.0

package servers

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/target"
)

func TestMain(m *testing.M) {
	target.Guard()
	os.Exit(m.Run())
}

// program returns the path of a server's program, and skips the test if Debian's package
// is not installed.
func program(t *testing.T, name, debian string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("a drill of a real server takes up to 20 s")
	}
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	path := "/usr/sbin/" + name // not in the PATH of other users than root
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no %s here: it is in Debian's package %s", name, debian)
	}
	return path
}

// freePort returns one that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// write writes a file into dir and returns its path.
func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
