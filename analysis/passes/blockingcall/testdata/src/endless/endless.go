// SPDX-License-Identifier: Apache-2.0

// Package endless has contexts that nothing ends in time.
package endless

import (
	"context"
	"net/http"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/spf13/cobra"
)

type connector struct {
	provider *oidc.Provider
	cancel   context.CancelFunc
}

// Nobody has its cancel function before it returns.
func open(issuer string) (*connector, error) {
	ctx, cancel := context.WithCancel(context.Background())
	provider, err := oidc.NewProvider(ctx, issuer) // want `oidc.NewProvider has no time limit`
	if err != nil {
		cancel()
		return nil, err
	}
	return &connector{provider, cancel}, nil
}

func openInTime(issuer string) (*oidc.Provider, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	time.AfterFunc(time.Second, cancel)
	return oidc.NewProvider(ctx, issuer)
}

func (c *connector) openLater(issuer string) (err error) {
	ctx, cancel := context.WithCancel(context.Background())
	c.cancel = cancel
	c.provider, err = oidc.NewProvider(ctx, issuer)
	return err
}

func verify(v *oidc.IDTokenVerifier, token string, client *http.Client) {
	v.Verify(context.Background(), token) // want `v.Verify has no time limit`
}

func verifyInTime(v *oidc.IDTokenVerifier, token string, client *http.Client) {
	v.Verify(oidc.ClientContext(context.Background(), client), token)
}

// It asks nobody yet.
func verifier(ctx context.Context, p *oidc.Provider) *oidc.IDTokenVerifier { return p.Verifier("") }

// The program itself is what runs.
func execute(ctx context.Context, root *cobra.Command) error { return root.Execute() }

type key struct{}

func withName(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, key{}, name)
}

func named(issuer string) {
	oidc.NewProvider(withName(context.Background(), "a"), issuer) // want `oidc.NewProvider has no time limit`
	oidc.NewProvider(signalContext(context.Background()), issuer)
}

func signalContext(ctx context.Context) context.Context { return ctx }
