// SPDX-License-Identifier: Apache-2.0

package itself

import "time"

type broker struct {
	publish chan string
	kicks   chan bool
	quiet   chan int
}

func newBroker() *broker {
	b := &broker{publish: make(chan string, 100), kicks: make(chan bool), quiet: make(chan int, 1)}
	go b.listen()
	return b
}

// Send gives a message to all.
func (b *broker) Send(s string) {
	b.publish <- s // want `b.publish is received only by the loop at line \d+, which itself sends to it at line \d+: without room, both wait for ever`
}

func (b *broker) kick() {
	select {
	case b.kicks <- true:
	default:
	}
}

func (b *broker) hush() {
	b.quiet <- 1 // only the loop sends, and takes it at its next turn
}

func (b *broker) listen() {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case s := <-b.publish:
			println(s)
		case <-b.kicks:
			b.hush()
		case <-b.quiet:
			go b.Send("quiet")
		case <-t.C:
			b.Send("still here")
			b.kick()
		}
	}
}

type pool struct{ jobs chan int }

func newPool() *pool {
	p := &pool{jobs: make(chan int, 10)}
	for range 4 {
		go p.work()
	}
	return p
}

func (p *pool) Add(n int) { p.jobs <- n }

func (p *pool) work() {
	for n := range p.jobs {
		if n > 0 {
			p.Add(n - 1)
		}
	}
}

type queue struct{ jobs chan int }

func newQueue() *queue {
	q := &queue{jobs: make(chan int, 10)}
	go q.work()
	return q
}

func (q *queue) Add(n int) { q.jobs <- n }

func (q *queue) work() {
	for n := range q.jobs {
		if n > 0 {
			q.jobs <- n - 1 // want `q.jobs is received only by the loop at line \d+, which itself sends to it at line \d+`
		}
	}
}

type node struct {
	in     chan int
	parent *node
}

func newNode(parent *node) *node {
	n := &node{in: make(chan int, 1), parent: parent}
	go n.run()
	return n
}

func (n *node) Put(v int) { n.in <- v }

func (n *node) run() {
	for v := range n.in {
		n.parent.Put(v)
		if n.parent.parent != nil {
			n.parent.in <- v
		}
	}
}
