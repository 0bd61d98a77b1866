// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// items are a log on disk, read again at the start, if there is a file.
type items struct {
	mu   sync.Mutex
	m    map[string][]byte
	file *os.File
	lazy []byte // not written yet: only of the species that loses writes
}

type item struct {
	ID   string
	Body []byte
}

func openItems(dir string) *items {
	if dir == "" {
		return &items{m: map[string][]byte{}}
	}
	f, err := os.OpenFile(filepath.Join(dir, "items.log"), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		log.Fatal(err)
	}
	s := &items{m: map[string][]byte{}, file: f}
	for in := bufio.NewScanner(f); in.Scan(); {
		var i item
		if json.Unmarshal(in.Bytes(), &i) == nil {
			s.m[i.ID] = i.Body
		}
	}
	return s
}

func (s *items) put(id string, body []byte) error {
	line, err := json.Marshal(item{id, body})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.m[id] = body
	if s.file == nil {
		return nil
	}
	if s.lazy != nil {
		s.lazy = append(append(s.lazy, line...), '\n')
		return nil
	}
	_, err = s.file.Write(append(line, '\n'))
	return err
}

func (s *items) get(id string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, ok := s.m[id]
	return body, ok
}

// beLazy writes from time to time only, and never at the end.
func (s *items) beLazy(every time.Duration) {
	s.lazy = []byte{}
	go func() {
		for range time.Tick(every) {
			s.mu.Lock()
			_, _ = s.file.Write(s.lazy)
			s.lazy = s.lazy[:0]
			s.mu.Unlock()
		}
	}()
}
