// SPDX-License-Identifier: Apache-2.0

package store

import "log"

type Store struct{ quit chan struct{} }

func (s *Store) Run() error { return nil }

func (s *Store) Stop() { close(s.quit) }

func (s *Store) Close() { log.Print("closed") }
