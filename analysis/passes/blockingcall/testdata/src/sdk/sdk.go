// SPDX-License-Identifier: Apache-2.0

// Package sdk asks by clients that wait as long as their contexts let them.
package sdk

import (
	"context"
	"time"

	"connectrpc.com/connect"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"k8s.io/client-go/kubernetes"
	"mqtt.example/auto"
)

// A putter is what the package needs of a client.
type putter interface {
	PutRecords(context.Context, *kinesis.Input, ...func(*kinesis.Options)) (*kinesis.Output, error)
}

func put(p putter, c *kinesis.Client) {
	p.PutRecords(context.Background(), nil) // want `p.PutRecords may block for long, with a context that never ends`
	c.PutRecords(context.Background(), nil) // want `c.PutRecords may block for long, with a context that never ends`
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	p.PutRecords(ctx, nil)
}

func pods(p kubernetes.Pods) {
	p.List(context.TODO(), "") // want `p.List may block for long, with a context that never ends`
	p.Name(context.TODO())
}

func connected(m *auto.Manager, s auto.Stub) {
	m.AwaitConnection(context.Background())          // want `m.AwaitConnection may block for long, with a context that never ends`
	s.Ping(context.Background(), &connect.Request{}) // want `s.Ping may block for long, with a context that never ends`
	m.Connection(context.Background())
}
