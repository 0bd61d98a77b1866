// SPDX-License-Identifier: Apache-2.0

package oidc

import "context"

type Provider struct{}

func NewProvider(ctx context.Context, issuer string) (*Provider, error) { return nil, nil }
