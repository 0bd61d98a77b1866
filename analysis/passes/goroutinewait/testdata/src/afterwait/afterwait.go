// SPDX-License-Identifier: Apache-2.0

// Package afterwait has a database that Stop closes when all who use it are done.
package afterwait

import (
	"database/sql"
	"os"
	"sync"
)

var (
	db  *sql.DB
	out *os.File
	wg  sync.WaitGroup
	mu  sync.Mutex
)

// Query is counted.
func Query() {
	wg.Add(1)
	defer wg.Done()
	_ = db.Ping()
}

// Merge is done aside, and not counted.
func Merge() {
	go func() { // want `Stop waits for a WaitGroup that does not count this goroutine, and then closes db, which it uses`
		_ = db.Ping()
	}()
}

// MergeCounted is counted.
func MergeCounted() {
	wg.Add(1)
	go func() {
		defer wg.Done()
		_ = db.Ping()
	}()
}

// MergeLocked looks whether it may.
func MergeLocked() {
	go func() {
		mu.Lock()
		defer mu.Unlock()
		_ = db.Ping()
	}()
}

// Log uses what nothing closes.
func Log() {
	go func() { _, _ = out.WriteString("done\n") }()
}

// Stop waits for the queries, and closes.
func Stop() {
	wg.Wait()
	_ = db.Close()
}

// A Store is the same with fields.
type Store struct {
	db *sql.DB
	wg sync.WaitGroup
}

func (s *Store) Start() {
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		_ = s.db.Ping()
	}()
	go s.compact() // want `Close waits for a WaitGroup that does not count this goroutine, and then closes db`
}

func (s *Store) compact() { _ = s.db.Ping() }

func (s *Store) Close() error {
	s.wg.Wait()
	return s.db.Close()
}

// A Part waits for its jobs in a method that stops the jobs alone.
type Part struct {
	jobs, quit chan int
	wg         sync.WaitGroup
	n          int
}

func (p *Part) Start() {
	p.wg.Add(1)
	go func() {
		defer p.wg.Done()
		for range p.jobs {
			p.one()
		}
	}()
	go func() {
		for range p.quit {
			p.one()
		}
	}()
}

func (p *Part) one() { p.n++ }

func (p *Part) stopJobs() {
	close(p.jobs)
	p.wg.Wait()
}

func (p *Part) Stop() { close(p.quit) }
