// SPDX-License-Identifier: Apache-2.0

package a

import (
	"sync"
	"time"
)

// A crew that Stop waits for too late, and not for the one that sends.
type crew struct {
	jobs chan func()
	wg   sync.WaitGroup
}

func (c *crew) start() {
	c.wg.Add(1)
	go func() {
		defer c.wg.Done()
		for job := range c.jobs {
			job()
		}
	}()
	go c.feed()
}

func (c *crew) feed() {
	for range time.Tick(time.Second) {
		c.jobs <- func() {} // want `send on c\.jobs, which Stop closes at line \d+ without waiting for this goroutine: then it panics`
	}
}

func (c *crew) Stop() {
	close(c.jobs)
	c.wg.Wait()
}

// Here it is waited for before, or the close comes last.
type orderly struct {
	first, last chan func()
	wg          sync.WaitGroup
}

func (o *orderly) start() {
	o.wg.Add(1)
	go o.feed()
}

func (o *orderly) feed() {
	defer o.wg.Done()
	for i := range 10 {
		o.first <- func() { time.Sleep(time.Duration(i)) }
		o.last <- func() {}
	}
}

func (o *orderly) Stop() {
	o.wg.Wait()
	close(o.first)
}

func (o *orderly) Close() {
	defer close(o.last)
	o.wg.Wait()
}
