// SPDX-License-Identifier: Apache-2.0

package helper

import (
	"fmt"
	"log"
)

// A Leveled is what the program knows its logger by.
type Leveled interface {
	Infof(format string, args ...any)
	Fatalf(format string, args ...any)
}

type leveled struct{}

// NewLeveled returns one that ends the process.
func NewLeveled() Leveled { return &leveled{} }

func (*leveled) Infof(format string, args ...any) { log.Printf(format, args...) }

func (*leveled) Fatalf(format string, args ...any) { log.Fatalf(format, args...) }

// A Quiet is implemented by what goes on.
type Quiet interface{ Fatalln(args ...any) }

type quiet struct{}

// NewQuiet returns one.
func NewQuiet() Quiet { return quiet{} }

func (quiet) Fatalln(args ...any) { fmt.Println(args...) }
