// SPDX-License-Identifier: Apache-2.0

package a

type relay struct {
	in   chan int
	quit chan struct{}
}

func (r *relay) Close() { close(r.quit) }

func (r *relay) Consumer() <-chan int {
	ch := make(chan int)
	go func() {
		for {
			select {
			case <-r.quit:
				return
			case v := <-r.in:
				ch <- v // want `ch has no buffer, and this send does not look for the stop of line \d+: with nobody to receive it waits for ever`
			}
		}
	}()
	return ch
}

func (r *relay) Looking() <-chan int {
	ch := make(chan int)
	go func() {
		for {
			select {
			case <-r.quit:
				return
			case v := <-r.in:
				select {
				case ch <- v:
				case <-r.quit:
					return
				}
			}
		}
	}()
	return ch
}

func (r *relay) Buffered() <-chan int {
	ch := make(chan int, 1)
	go func() {
		for {
			select {
			case <-r.quit:
				return
			case v := <-r.in:
				ch <- v
			}
		}
	}()
	return ch
}
