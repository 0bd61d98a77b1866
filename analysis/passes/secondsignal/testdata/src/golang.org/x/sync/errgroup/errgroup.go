// SPDX-License-Identifier: Apache-2.0

// Package errgroup stands for the real one.
package errgroup

import "context"

// A Group stands for the real one.
type Group struct{}

// WithContext stands for the real one.
func WithContext(ctx context.Context) (*Group, context.Context) { return nil, ctx }

// Go stands for the real one.
func (g *Group) Go(f func() error) {}

// Wait stands for the real one.
func (g *Group) Wait() error { return nil }
