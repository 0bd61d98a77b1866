// SPDX-License-Identifier: Apache-2.0

// Package mylog has a logger of its own.
package mylog

import "os"

type Logger struct{}

func (Logger) Fatal(args ...any) { os.Exit(1) }
func (Logger) Error(args ...any) {}
func (Logger) Info(args ...any)  {}
