// SPDX-License-Identifier: Apache-2.0

package door

import (
	"encoding/binary"
	"net"
	"syscall"
)

// handshakes returns the connections to ln's port, as the kernel names them, of
// which it has the SYN and awaits the last segment, a round trip later. When the
// listener is closed before that comes it is answered with a reset (with
// SO_REUSEPORT too, unless net.ipv4.tcp_migrate_req is set), although the client
// believes to be connected and has sent its request. Those of another listener on
// the port are among them. Without sock_diag there are none.
func handshakes(ln net.Listener) map[string]bool {
	a, ok := ln.Addr().(*net.TCPAddr)
	if !ok {
		return nil
	}
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, syscall.NETLINK_INET_DIAG)
	if err != nil {
		return nil
	}
	defer syscall.Close(fd)
	found := make(map[string]bool)
	if syscall.Sendto(fd, askHandshakes(a), 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}) == nil {
		readHandshakes(fd, found)
	}
	return found
}

// askHandshakes is a nlmsghdr and an inet_diag_req_v2, of linux/inet_diag.h. The
// family is the listener's, also for clients of the other one.
func askHandshakes(a *net.TCPAddr) []byte {
	const sockDiagByFamily, synRecv = 20, 3
	b := make([]byte, syscall.NLMSG_HDRLEN+56)
	binary.NativeEndian.PutUint32(b, uint32(len(b)))
	binary.NativeEndian.PutUint16(b[4:], sockDiagByFamily)
	binary.NativeEndian.PutUint16(b[6:], syscall.NLM_F_REQUEST|syscall.NLM_F_DUMP)
	b[16], b[17] = syscall.AF_INET6, syscall.IPPROTO_TCP
	if a.IP.To4() != nil {
		b[16] = syscall.AF_INET
	}
	binary.NativeEndian.PutUint32(b[20:], 1<<synRecv)
	binary.BigEndian.PutUint16(b[24:], uint16(a.Port))
	return b
}

// readHandshakes adds the ports and addresses of each inet_diag_msg to found.
func readHandshakes(fd int, found map[string]bool) {
	buf := make([]byte, 32<<10) // the most that the kernel sends at a time
	for {
		n, _, err := syscall.Recvfrom(fd, buf, syscall.MSG_DONTWAIT) // a dump is made as it is read
		if err != nil {
			return
		}
		msgs, err := syscall.ParseNetlinkMessage(buf[:n])
		if err != nil {
			return
		}
		for _, m := range msgs {
			if m.Header.Type == syscall.NLMSG_DONE || m.Header.Type == syscall.NLMSG_ERROR || len(m.Data) < 40 {
				return
			}
			found[string(m.Data[4:40])] = true
		}
	}
}
