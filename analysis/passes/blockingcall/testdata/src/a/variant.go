// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"

	"aws.example/kinesis"
)

type putter interface {
	Put(name string) error
	PutWithContext(ctx context.Context, name string, opts ...kinesis.Option) error
}

func put(ctx context.Context, c *kinesis.Client) error {
	for {
		if err := c.Put("a"); err == nil { // want `c.Put may block for long, and does not end with ctx: use PutWithContext`
			return nil
		}
		if _, err := kinesis.Describe("a"); err != nil { // want `kinesis.Describe may block for long, and does not end with ctx: use DescribeContext`
			return err
		}
	}
}

func putAll(ctx context.Context, c *kinesis.Client) error {
	c.Name()
	c.Wait()
	if err := c.Accept(); err != nil {
		return err
	}
	return c.PutWithContext(ctx, "a")
}

func putNow(c *kinesis.Client) error { return c.Put("a") }

func putOwn(ctx context.Context, p putter) error { return p.Put("a") }
