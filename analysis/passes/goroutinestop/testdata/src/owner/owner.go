// SPDX-License-Identifier: Apache-2.0

package owner

import (
	"database/sql"
	"lib"
	"sync"
)

func lookup(key string) int {
	c := lib.NewCache() // want `the goroutine that NewCache starts cannot be stopped: only c has what it belongs to, and nothing calls its Close`
	return c.Get(key)
}

func work() error {
	w, err := lib.NewWorker() // want `nothing calls its Stop`
	if err != nil {
		return err
	}
	w.Do(1)
	return nil
}

func count(dsn string) (n int) {
	db, err := sql.Open("x", dsn) // want `nothing calls its Close`
	if err != nil {
		return 0
	}
	_ = db.QueryRow("SELECT 1").Scan(&n)
	return n
}

type getter interface{ Get(key string) int }

type client struct{ g getter }

func newClient(g getter) *client { return &client{g} }

func (c *client) get() int { return c.g.Get("a") }

func wraps() int {
	cache := lib.NewCache() // want `nothing calls its Close`
	c := newClient(cache)
	return c.get()
}

// What follows is innocent.

func deferred() int {
	c := lib.NewCache()
	defer c.Close()
	return c.Get("a")
}

func returned() *lib.Cache {
	c := lib.NewCache()
	c.Get("a")
	return c
}

func given(use func(*lib.Cache)) {
	c := lib.NewCache()
	use(c)
}

func cleaned() (get func() int, stop func() error) {
	c := lib.NewCache()
	return func() int { return c.Get("a") }, c.Close
}

var shared *lib.Cache

func setUp() {
	c := lib.NewCache()
	shared = c
}

var once sync.Once

func first() {
	once.Do(func() {
		c := lib.NewCache()
		c.Get("a")
	})
}

func init() {
	c := lib.NewCache()
	c.Get("a")
}

// forEver has it as long as it runs.
func forEver(in chan string) {
	c := lib.NewCache()
	for key := range in {
		c.Get(key)
	}
}

func job() {
	lib.NewJob()
	j := lib.NewJob()
	println(j)
}

func session() {
	s := lib.NewSession()
	s.Use(true)
}

// keeper has no stop at all: it may live as long as the process.
type keeper struct{ q *lib.Queue }

func newKeeper() *keeper { return &keeper{q: lib.NewQueue()} }

func (k *keeper) put() { k.q.Put(1) }

// owner stops what it has.
type owner struct{ w *lib.Watcher }

func newOwner() *owner { return &owner{w: lib.Watch()} }

func (o *owner) Close() { o.w.Close() }

// lender lets others have it.
type lender struct{ w *lib.Worker }

func newLender() (*lender, error) {
	w, err := lib.NewWorker()
	return &lender{w: w}, err
}

func (l *lender) Worker() *lib.Worker { return l.w }

func (l *lender) Close() {}
