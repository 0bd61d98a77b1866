// SPDX-License-Identifier: Apache-2.0

package a

import "sync"

type broker struct {
	subs map[string]chan string
	quit chan bool
	in   chan string
}

func (b *broker) start() { go b.loop() }

func (b *broker) loop() {
	for {
		select {
		case m := <-b.in:
			for _, ch := range b.subs {
				ch <- m // want `send on ch, which Close closes at line \d+ without waiting for this goroutine`
			}
		case <-b.quit:
			return
		}
	}
}

func (b *broker) Close() {
	close(b.quit)
	for _, ch := range b.subs {
		close(ch)
	}
}

type awaitedBroker struct {
	subs map[chan string]bool
	wg   sync.WaitGroup
	quit chan bool
}

func (b *awaitedBroker) start() {
	b.wg.Add(1)
	go func() {
		defer b.wg.Done()
		for ch := range b.subs {
			ch <- "x"
		}
		<-b.quit
	}()
}

func (b *awaitedBroker) Close() {
	close(b.quit)
	b.wg.Wait()
	for ch := range b.subs {
		close(ch)
	}
}

type lockedBroker struct {
	mu   sync.Mutex
	subs []chan string
}

func (b *lockedBroker) start() {
	go func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, ch := range b.subs {
			ch <- "x"
		}
	}()
}

func (b *lockedBroker) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, ch := range b.subs {
		close(ch)
	}
	b.subs = nil
}
