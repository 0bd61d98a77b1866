// SPDX-License-Identifier: Apache-2.0

// Package raft stands for the real one.
package raft

type Future interface{ Error() error }

type Raft struct{}

func (r *Raft) Shutdown() Future { return nil }
