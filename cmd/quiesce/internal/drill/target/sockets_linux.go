// SPDX-License-Identifier: Apache-2.0

package target

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A listener is a listening TCP socket.
type listener struct {
	addr  netip.AddrPort
	inode uint64
}

// stateListen is TCP_LISTEN in /proc/net/tcp.
const stateListen = "0A"

// listeners returns the listening TCP sockets of the network that a process sees; of
// ours, if it is gone.
//
// Ours are asked for by netlink: to read /proc/net/tcp6 to its end makes the kernel walk
// through a table for all connections of the machine, which takes milliseconds.
func listeners(pid int) []listener {
	dir := fmt.Sprintf("/proc/%d/", pid)
	theirs, err := os.Readlink(dir + "ns/net")
	ours, _ := os.Readlink("/proc/self/ns/net")
	if err != nil || theirs == ours {
		if found, err := diagnose(); err == nil {
			return found
		}
		dir = "/proc/self/"
	}
	return append(readListeners(dir+"net/tcp"), readListeners(dir+"net/tcp6")...)
}

// readListeners reads until the first socket that does not listen: those that do come
// first, and there may be many thousands of others.
func readListeners(file string) []listener {
	f, err := os.Open(file)
	if err != nil {
		return nil // no IPv6
	}
	defer f.Close()
	var found []listener
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		w := strings.Fields(lines.Text())
		if len(w) < 10 || w[0] == "sl" {
			continue // the heading
		}
		if w[3] != stateListen {
			break
		}
		addr, err := parseAddr(w[1])
		inode, err2 := strconv.ParseUint(w[9], 10, 64)
		if err == nil && err2 == nil {
			found = append(found, listener{addr, inode})
		}
	}
	return found
}

// parseAddr reads "0100007F:1F90": words of four bytes, each in the order of the
// machine, and the port.
func parseAddr(s string) (netip.AddrPort, error) {
	host, port, _ := strings.Cut(s, ":")
	b, err := hex.DecodeString(host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	for i := 0; i+4 <= len(b); i += 4 {
		binary.NativeEndian.PutUint32(b[i:], binary.BigEndian.Uint32(b[i:]))
	}
	n, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		return netip.AddrPort{}, err
	}
	ip, ok := netip.AddrFromSlice(b)
	if !ok {
		return netip.AddrPort{}, fmt.Errorf("no address: %q", s)
	}
	return netip.AddrPortFrom(ip.Unmap(), uint16(n)), nil
}

// unixNames returns the names of the unix sockets that have one, by inode.
func unixNames(pid int) map[uint64]string {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/unix", pid))
	if err != nil {
		data, _ = os.ReadFile("/proc/self/net/unix")
	}
	names := map[uint64]string{}
	for line := range strings.Lines(string(data)) {
		w := strings.SplitN(strings.Join(strings.Fields(line), " "), " ", 8) // Num RefCount Protocol Flags Type St Inode Path
		if len(w) < 8 || w[0] == "Num" {
			continue
		}
		if inode, err := strconv.ParseUint(w[6], 10, 64); err == nil {
			names[inode] = w[7]
		}
	}
	return names
}

// sockets returns the inodes of the sockets that a process has open.
func sockets(pid int) []uint64 {
	dir, err := os.Open(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return nil // it is gone, or is another user's
	}
	defer dir.Close()
	fds, _ := dir.Readdirnames(-1)
	var inodes []uint64
	for _, fd := range fds {
		to, _ := os.Readlink(filepath.Join(dir.Name(), fd))
		number, ok := strings.CutPrefix(to, "socket:[")
		if !ok {
			continue
		}
		if inode, err := strconv.ParseUint(strings.TrimSuffix(number, "]"), 10, 64); err == nil {
			inodes = append(inodes, inode)
		}
	}
	return inodes
}

// held is what some processes hold.
type held struct {
	tcp  map[uint64]listener
	unix map[uint64]string  // names, absolute, or abstract ones with an @
	by   map[uint64]process // the first that holds it
}

// holds looks at the sockets of processes, in the network of the first.
func holds(processes []process) held {
	h := held{map[uint64]listener{}, map[uint64]string{}, map[uint64]process{}}
	if len(processes) == 0 {
		return h
	}
	listen := map[uint64]listener{}
	for _, l := range listeners(processes[0].pid) {
		listen[l.inode] = l
	}
	names := unixNames(processes[0].pid)
	for _, p := range processes {
		for _, inode := range sockets(p.pid) {
			if _, ok := h.by[inode]; ok {
				continue
			}
			l, isTCP := listen[inode]
			name, isUnix := names[inode]
			if isTCP {
				h.tcp[inode] = l
			}
			if isUnix {
				h.unix[inode] = absolute(name, p.pid)
			}
			if isTCP || isUnix {
				h.by[inode] = p
			}
		}
	}
	return h
}

// absolute makes a name that is relative to a process's directory absolute.
func absolute(name string, pid int) string {
	if name[0] == '@' || filepath.IsAbs(name) {
		return name
	}
	dir, _ := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	return filepath.Join(dir, name)
}
