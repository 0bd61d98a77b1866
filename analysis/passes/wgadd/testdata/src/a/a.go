// SPDX-License-Identifier: Apache-2.0

package a

import "sync"

func work() {}

func literal() {
	var wg sync.WaitGroup
	go func() {
		wg.Add(1) // want `wg.Add inside of the goroutine that it counts: Wait may return before the goroutine has begun`
		defer wg.Done()
		work()
	}()
	wg.Wait()
}

func later() {
	var wg sync.WaitGroup
	for range 3 {
		go func() {
			work()
			if true {
				wg.Add(1) // want `wg.Add inside of the goroutine`
			}
			defer func() {
				recover()
				wg.Done()
			}()
		}()
	}
	wg.Wait()
}

type server struct {
	wg   sync.WaitGroup
	next chan int
}

func (s *server) start() {
	go s.loop()
	go s.loop()
	go s.counted()
}

func (s *server) loop() {
	s.wg.Add(1) // want `s.wg.Add inside of the goroutine`
	defer s.wg.Done()
	work()
}

func (s *server) stop() { s.wg.Wait() }

func named() {
	var wg sync.WaitGroup
	go worker(1, &wg)
	wg.Wait()
}

func worker(_ int, wg *sync.WaitGroup) {
	wg.Add(1) // want `wg.Add inside of the goroutine`
	work()
	wg.Done()
}

func passedOn(wg *sync.WaitGroup) {
	go func() {
		wg.Add(1) // want `wg.Add inside of the goroutine`
		defer wg.Done()
	}()
}

// It holds a count itself when it adds for its children.
func (s *server) counted() {
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		work()
	}()
}

func accepts() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		for range 3 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				work()
			}()
		}
	}()
	wg.Wait()
}

func addsAgain() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		wg.Add(1)
		work()
		wg.Done()
		wg.Done()
	}()
	wg.Wait()
}

func rounds(s *server) {
	go func() {
		for range s.next {
			s.wg.Add(1)
			work()
			s.wg.Done()
		}
	}()
}

// The count is for what it starts, and given back if that does not start.
func handsOn(try func(func()) bool) {
	var wg sync.WaitGroup
	go func() {
		wg.Add(1)
		if !try(work) {
			wg.Done()
		}
	}()
	wg.Wait()
}

// Its own.
func local() {
	go func() {
		var wg sync.WaitGroup
		wg.Add(1)
		go func() {
			defer wg.Done()
			work()
		}()
		wg.Wait()
	}()
}

// Called in another way too: then it is counted there.
func (s *server) both() {
	s.wg.Add(1)
	defer s.wg.Done()
	work()
}

func (s *server) calls() {
	go s.both()
	s.both()
}

// Nothing waits.
func nobody() {
	var wg sync.WaitGroup
	go func() {
		wg.Add(1)
		defer wg.Done()
	}()
}

func right() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		work()
	}()
	wg.Go(work)
	wg.Wait()
}

func off() {
	var wg sync.WaitGroup
	go func() {
		//quiesce:ignore wgadd the test waits for its first line
		wg.Add(1)
		defer wg.Done()
	}()
	wg.Wait()
}
