// SPDX-License-Identifier: Apache-2.0

// Package libs asks other machines by libraries that have no limit of their own.
package libs

import (
	"context"
	"net"
	"net/rpc"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/equinox-io/equinox"
	"raid.example/raid"
)

func update() error {
	resp, err := equinox.Check("a", equinox.Options{}) // want `equinox.Check has no time limit`
	if err != nil {
		return err
	}
	return resp.Apply() // want `resp.Apply has no time limit`
}

func login(ctx context.Context, issuer string) {
	oidc.NewProvider(context.Background(), issuer) // want `oidc.NewProvider has no time limit: .* use a context with a time limit`
	oidc.NewProvider(ctx, issuer)
	short, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	oidc.NewProvider(short, issuer)
}

func dial(address string) {
	raid.Dial("tcp", address) // want `raid.Dial has no time limit: .* use DialWithTimeout`
	raid.Dial("unix", "/run/raid.sock")
	raid.Dial("udp", address)
	raid.DialWithTimeout("tcp", address, time.Second)
	raid.Connect(context.Background())
}

type supervised struct{ *rpc.Client }

func (s *supervised) state() (out int, err error) {
	err = s.Call("state", nil, &out) // want `s.Call has no time limit`
	return out, err
}

func (s *supervised) inTime() error {
	done := make(chan error, 1)
	go func() { done <- s.Call("state", nil, nil) }()
	select {
	case err := <-done:
		return err
	case <-time.After(time.Second):
		return context.DeadlineExceeded
	}
}

func within(ctx context.Context, service *raid.Service) {
	service.List("a").Page("b").Do() // want `Do has no time limit: .*; use its method Context before`
}

func withinContext(ctx context.Context, service *raid.Service) {
	service.List("a").Context(ctx).Do()
}

func unknown(service *raid.Service) { service.List("a").Do() }

type resolver interface {
	LookupHost(ctx context.Context, host string) ([]string, error)
}

func address(r resolver, host string) string {
	ips, err := r.LookupHost(context.Background(), host) // want `r.LookupHost with a context that never ends may take long`
	if err != nil {
		return host
	}
	return ips[0]
}

func reconnect(r resolver, host string, quit chan struct{}) {
	for {
		net.DialTimeout("tcp", address(r, host), time.Second)
		select {
		case <-quit:
			return
		case <-time.After(time.Second):
		}
	}
}

func once(r *net.Resolver) { r.LookupHost(context.Background(), "a") }
