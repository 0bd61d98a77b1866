// SPDX-License-Identifier: Apache-2.0

package helper

import "log"

// A Printer is a logger that no interface of this package is for.
type Printer struct{}

// Infof prints.
func (Printer) Infof(format string, args ...any) { log.Printf(format, args...) }

// Errorf prints.
func (Printer) Errorf(format string, args ...any) { log.Printf(format, args...) }

// Fatalf ends the process.
func (Printer) Fatalf(format string, args ...any) { log.Fatalf(format, args...) }

// Fatalln only prints.
func (Printer) Fatalln(args ...any) { log.Println(args...) }
