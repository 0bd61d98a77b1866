// SPDX-License-Identifier: Apache-2.0

// Package helper has functions that exit, and that clean up, for other packages.
package helper

import (
	"log"
	"net/http"
	"os"
	"sync"
)

// Die always exits.
func Die(err error) {
	log.Println(err)
	os.Exit(1)
}

// Check exits if there is an error.
func Check(err error) {
	if err != nil {
		Die(err)
	}
}

// Maybe does not always exit.
func Maybe(err error) {
	if err == nil {
		return
	}
	if os.IsNotExist(err) {
		log.Fatal(err)
	}
}

// A Store has a lock file.
type Store struct{ lock string }

// Close removes it.
func (s *Store) Close() error { return os.Remove(s.lock) }

// A Client has a connection, which dies with the process.
type Client struct{ f *os.File }

// Close closes it.
func (c *Client) Close() error { return c.f.Close() }

// A Logger writes at a level that it calls fatal, and goes on.
type Logger struct{}

// Fatal only writes.
func (Logger) Fatal(args ...any) { log.Print(args...) }

// Leave is os.Exit, which tests replace.
var Leave = os.Exit

// Lock makes a file, and returns what removes it.
func Lock(name string) (unlock func(), err error) {
	var once sync.Once
	return func() {
		once.Do(func() { os.Remove(name) })
	}, os.WriteFile(name, nil, 0o600)
}

// Trace logs how long something takes.
func Trace(name string) func() {
	log.Println(name)
	return func() { log.Println(name, "done") }
}

// DeleteSnapshot asks another host to delete one.
func DeleteSnapshot(url string) error {
	resp, err := http.Get(url)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}
