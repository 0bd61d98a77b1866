// SPDX-License-Identifier: Apache-2.0

package target

import (
	"encoding/binary"
	"net/netip"
	"os"
	"syscall"
)

// Of sock_diag(7), since Linux 3.3; the syscall package does not have it.
const (
	netlinkSockDiag  = 4
	sockDiagByFamily = 20
	onlyListening    = 1 << 10 // TCP_LISTEN, in a set of states

	diagRequestSize = 56 // of inet_diag_req_v2
	diagAnswerSize  = 72 // of inet_diag_msg
	diagPort        = 4  // in it: the port and the address, in the order of the network
	diagAddr        = 8
	diagInode       = 68
)

// diagnose asks the kernel for the listening TCP sockets of our network.
func diagnose() ([]listener, error) {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, netlinkSockDiag)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	defer syscall.Close(fd)
	var found []listener
	for _, family := range []byte{syscall.AF_INET, syscall.AF_INET6} {
		if err := askDiag(fd, family); err != nil {
			return nil, err
		}
		some, err := readDiag(fd)
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	return found, nil
}

func askDiag(fd int, family byte) error {
	b := make([]byte, syscall.NLMSG_HDRLEN+diagRequestSize)
	binary.NativeEndian.PutUint32(b[0:], uint32(len(b)))
	binary.NativeEndian.PutUint16(b[4:], sockDiagByFamily)
	binary.NativeEndian.PutUint16(b[6:], syscall.NLM_F_REQUEST|syscall.NLM_F_DUMP)
	r := b[syscall.NLMSG_HDRLEN:]
	r[0], r[1] = family, syscall.IPPROTO_TCP
	binary.NativeEndian.PutUint32(r[4:], onlyListening)
	return os.NewSyscallError("sendto", syscall.Sendto(fd, b, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}))
}

func readDiag(fd int) (found []listener, err error) {
	b := make([]byte, 32<<10)
	for {
		n, _, err := syscall.Recvfrom(fd, b, 0)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return nil, os.NewSyscallError("recvfrom", err)
		}
		messages, err := syscall.ParseNetlinkMessage(b[:n])
		if err != nil {
			return nil, err
		}
		for _, m := range messages {
			switch m.Header.Type {
			case syscall.NLMSG_DONE:
				return found, nil
			case syscall.NLMSG_ERROR:
				return nil, syscall.EOPNOTSUPP
			}
			if len(m.Data) >= diagAnswerSize {
				found = append(found, parseDiag(m.Data))
			}
		}
	}
}

// parseDiag reads an inet_diag_msg.
func parseDiag(b []byte) listener {
	ip := netip.AddrFrom4([4]byte(b[diagAddr:]))
	if b[0] == syscall.AF_INET6 {
		ip = netip.AddrFrom16([16]byte(b[diagAddr:])).Unmap()
	}
	return listener{
		addr:  netip.AddrPortFrom(ip, binary.BigEndian.Uint16(b[diagPort:])),
		inode: uint64(binary.NativeEndian.Uint32(b[diagInode:])),
	}
}
