// SPDX-License-Identifier: Apache-2.0

// Goserver is a small server that stops correctly, or is broken in one named way. The
// drill is tested with it: it has to find each fault, and none in those that have
// none.
//
//	goserver -addr 127.0.0.1:8080 -species correct
//	goserver -list
package main

import (
	"encoding/json"
	"flag"
	"log"
	"os"
	"slices"
	"time"
)

// A species is one kind of server.
type species struct {
	Name  string   `json:"name"`
	About string   `json:"about"`           // what is wrong with it, or "correct"
	Finds []string `json:"finds,omitempty"` // the checks of the drill of which one at least has to fail; none: it is correct
	Also  []string `json:"also,omitempty"`  // checks that may fail too, for the same reason
	Flags []string `json:"flags,omitempty"` // of the drill, beside the command and the URL
	URL   string   `json:"url"`             // for the drill, with {port}

	run func(z *zoo) int
}

// A zoo is what every species has.
type zoo struct {
	addr    string
	dir     string        // where items are kept; empty: nowhere
	delay   time.Duration // of readiness: how long it serves after that is off
	work    time.Duration // what a request takes at most
	species *species
	items   *items
	count   counter
}

func main() {
	log.SetFlags(log.Lmicroseconds)
	var z zoo
	name := flag.String("species", "correct", "which server to be")
	list := flag.Bool("list", false, "print the species as JSON")
	flag.StringVar(&z.addr, "addr", "127.0.0.1:0", "where to listen")
	flag.StringVar(&z.dir, "dir", "", "where to keep items; empty: in memory only")
	flag.DurationVar(&z.work, "work", 3*time.Millisecond, "what a request takes at most")
	flag.Parse()
	all := allSpecies()
	if *list {
		_ = json.NewEncoder(os.Stdout).Encode(all)
		return
	}
	for i := range all {
		if all[i].Name == *name {
			z.species = &all[i]
			z.items = openItems(z.dir)
			if slices.Contains(all[i].Flags, delayFlag) {
				z.delay = delay + delay/2
			}
			os.Exit(all[i].run(&z))
		}
	}
	log.Fatalf("no species %q", *name)
}
