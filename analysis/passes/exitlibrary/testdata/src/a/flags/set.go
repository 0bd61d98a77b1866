// SPDX-License-Identifier: Apache-2.0

package flags

import (
	"flag"
	"log"
	"os"
)

// A Setting is what a part of the program offers.
type Setting struct{ Name string }

// AddFlags gives the part's settings to the command line.
func (s *Setting) AddFlags(set *flag.FlagSet) { set.StringVar(&s.Name, "name", "", "the name") }

// Load runs later.
func (s *Setting) Load() error {
	if _, err := os.ReadFile(s.Name); err != nil {
		log.Fatal(err) // want `log.Fatal in Load ends the process of whoever calls it, which expects an error`
	}
	return nil
}

// Add has its own.
func Add(set *flag.FlagSet) error {
	if _, err := os.ReadFile(set.Name()); err != nil {
		log.Fatal(err)
	}
	return nil
}
