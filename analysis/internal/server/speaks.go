// SPDX-License-Identifier: Apache-2.0

package server

import (
	"go/ast"

	"golang.org/x/tools/go/ast/inspector"
)

// SpeaksAside reports whether code itself names profiles, metrics and the like, whatever is
// around it.
func SpeaksAside(n ast.Node) bool { return asideWords.near(n) }

// probedWords are those of servers that something asks all the time, and tells when they do
// not answer.
var probedWords = words{"metric", "prometheus", "promhttp", "health", "liveness", "ready", "readiness"}

// Probed is Aside for servers that something outside asks all the time.
func (info *Info) Probed(at inspector.Cursor) bool { return info.around(at, probedWords) }

// adminWords are those of servers with which somebody looks after a program.
var adminWords = words{"admin", "console", "control"}

// Administers is Aside for servers that only who looks after the program talks to.
func (info *Info) Administers(at inspector.Cursor) bool { return info.around(at, adminWords) }
