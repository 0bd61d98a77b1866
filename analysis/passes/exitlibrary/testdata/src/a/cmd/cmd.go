// SPDX-License-Identifier: Apache-2.0

// Package cmd belongs to a program.
package cmd

import (
	"log"
	"os"
)

func Run() error {
	if _, err := os.ReadFile("a"); err != nil {
		log.Fatal(err)
	}
	return nil
}
