// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"database/sql"
	"os"
	"time"
)

type service struct {
	db   *sql.DB
	file *os.File
	stop chan struct{}
}

// Serve is done when stop is closed; the statistics may not be.
func (s *service) Serve() {
	defer s.db.Close()
	trigger := make(chan struct{})
	defer close(trigger)
	done := make(chan struct{})
	go s.statistics(trigger, done) // want `s.db is closed at line \d+, when the function returns, without waiting for this goroutine, which may still use it`
	for {
		select {
		case <-time.After(time.Minute):
			trigger <- struct{}{}
		case <-done:
		case <-s.stop:
			return
		}
	}
}

func (s *service) statistics(trigger <-chan struct{}, done chan<- struct{}) {
	for range trigger {
		_ = s.db.Ping()
		done <- struct{}{}
	}
}

func serve(parent context.Context, path string, in chan string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	go func() { // want `file is closed at line \d+, when the function returns`
		for {
			select {
			case <-ctx.Done():
				return
			case line := <-in:
				_, _ = file.WriteString(line)
			}
		}
	}()
	go writes(ctx, file) // want `file is closed at line \d+, when the function returns`
	return listen()
}

func writes(ctx context.Context, out *os.File) {
	for ctx.Err() == nil {
		_, _ = out.WriteString(".")
		time.Sleep(time.Second)
	}
}

func listen() error { return nil }

// awaited waits for the goroutine before it closes what that uses.
func awaited(parent context.Context, path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	ctx, cancel := context.WithCancel(parent)
	done := make(chan struct{})
	defer func() {
		cancel()
		<-done
	}()
	defer cancel()
	go func() {
		defer close(done)
		writes(ctx, file)
	}()
	return listen()
}

// onceOnly uses it only before it waits.
func onceOnly(parent context.Context, path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	go func() {
		_, _ = file.WriteString("started")
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Second):
			}
		}
	}()
	return listen()
}
