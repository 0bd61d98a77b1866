// SPDX-License-Identifier: Apache-2.0

// Package zap stands for the real one.
package zap

type Logger struct{ exit func() }

func NewProduction() (*Logger, error) { return nil, nil }

func (l *Logger) Fatal(msg string) { l.exit() }
func (l *Logger) Info(msg string)  {}
func (l *Logger) Sync() error      { return nil }
