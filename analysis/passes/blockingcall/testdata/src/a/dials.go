// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"net"
	"net/rpc"
	"net/smtp"
	"time"

	"google.golang.org/grpc"
)

func notify(ctx context.Context, server string, message []byte) error {
	if ctx == nil {
		return smtp.SendMail(server, nil, "a@b.c", nil, message) // want `smtp.SendMail may block for long, and does not end with ctx: use smtp.NewClient and a connection with a deadline`
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", server)
	if err != nil {
		return err
	}
	conn.SetDeadline(time.Now().Add(time.Minute))
	_, err = smtp.NewClient(conn, server)
	return err
}

func mail(server string, message []byte) {
	smtp.Dial(server)                                         // want `smtp.Dial has no time limit: a server that does not answer holds its caller`
	smtp.SendMail("localhost:25", nil, "a@b.c", nil, message) // of this machine
	rpc.DialHTTP("tcp", server)                               // want `rpc.DialHTTP has no time limit`
	rpc.Dial("unix", server)
}

func channels(ctx context.Context, target string) {
	grpc.Dial(target, grpc.WithInsecure(), grpc.WithBlock()) // want `grpc.Dial may block for long, and does not end with ctx: use grpc.DialContext`
}

// It returns at once, or has a limit.
func lazily(ctx context.Context, target string) { grpc.Dial(target, grpc.WithInsecure()) }

func limited(target string) {
	grpc.Dial(target, grpc.WithBlock(), grpc.WithTimeout(time.Second))
}
