// SPDX-License-Identifier: Apache-2.0

// Package flags is the command line of a program.
package flags

import (
	"flag"
	"log"
	"os"
)

func Parse(args []string) error {
	if err := flag.CommandLine.Parse(args); err != nil {
		log.Print(err)
		os.Exit(2)
	}
	return nil
}
