// SPDX-License-Identifier: Apache-2.0

package grpc

import (
	"context"
	"time"
)

type ClientConn struct{}

type DialOption any

func Dial(target string, opts ...DialOption) (*ClientConn, error) { return nil, nil }

func DialContext(ctx context.Context, target string, opts ...DialOption) (*ClientConn, error) {
	return nil, nil
}

func WithBlock() DialOption                  { return nil }
func WithInsecure() DialOption               { return nil }
func WithTimeout(d time.Duration) DialOption { return nil }

type CallOption interface{}
