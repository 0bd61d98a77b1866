// SPDX-License-Identifier: Apache-2.0

package errgroup

type Group struct{}

func (g *Group) Go(f func() error) {}

func (g *Group) Wait() error { return nil }
