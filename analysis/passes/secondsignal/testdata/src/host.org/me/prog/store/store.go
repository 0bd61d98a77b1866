// SPDX-License-Identifier: Apache-2.0

package store

import "github.com/hashicorp/raft"

type Store struct{ raft *raft.Raft }

func (s *Store) Close(wait bool) error {
	f := s.raft.Shutdown()
	if wait {
		return f.Error()
	}
	return nil
}
