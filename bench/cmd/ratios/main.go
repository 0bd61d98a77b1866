// SPDX-License-Identifier: Apache-2.0

//go:build unix

// The command ratios measures what quiesce costs against its peers, and prints
// a table of figures, ratios and targets.
//
//	go run ./cmd/ratios [-only regexp] [-rounds n] [-signals n] [-check]
//
// What is compared is measured in turns in one run, and the medians are
// compared, so that other load on the machine hits all alike. CPU is what
// getrusage says of the whole process, user and system time, with the garbage
// collections that fall due; a forced one before each batch is not counted.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
)

// settings are the command's flags.
type settings struct {
	rounds  int // of each comparison, of which the median counts
	signals int // to send in each comparison
}

// A section is one group of lines of the table.
type section struct {
	name  string
	title string
	run   func(settings, *table)
}

var sections = []section{
	{"stop", "CPU a component, no-op hooks; peer: one errgroup a level", stops},
	{"run", "the same with a Run each; peer: the same, and one errgroup of Runs a level", runs},
	{"peers", "side by side: CPU a component of start+stop, and of what is built before", peers},
	{"signal", "from kill(2) to readiness off; peer: a bare signal.Notify receive", signals},
	{"idle", "a running app", idle},
	{"ten", "an app of 10: build, start, stop", ten},
	{"heap", "heap a component of a running app", heap},
	{"spawn", "CPU a task that does nothing, in bursts of 256; peer: a go statement and a WaitGroup", spawns},
	{"pool", "CPU a job that does nothing, submitted in bursts of 256 to 8 workers, run and counted; peers", pools},
	{"load", "the load engine: HTTP/1.1 keep-alive, a trivial net/http server in another process; half as many rounds, at least 5; peers", loads},
	{"linear", "CPU a component of start+stop, by size; peer: the size before", linear},
}

func main() {
	if playsRole() {
		return
	}
	only := flag.String("only", "", "run only the sections whose names match this `regexp`: stop, run, peers, signal, idle, ten, heap, spawn, pool, load, linear")
	check := flag.Bool("check", false, "exit with 1 if a target was missed")
	s := settings{}
	flag.IntVar(&s.rounds, "rounds", 11, "how often to measure each figure")
	flag.IntVar(&s.signals, "signals", 1000, "how many signals to send in each comparison")
	flag.Parse()
	filter, err := regexp.Compile(*only)
	if err != nil || flag.NArg() > 0 || s.rounds < 1 || s.signals < 1 {
		flag.Usage()
		os.Exit(2)
	}
	fmt.Printf("%s %s/%s, %d CPUs, GOMAXPROCS=%d, median of %d rounds\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.GOMAXPROCS(0), s.rounds)
	missed := 0
	for _, sec := range sections {
		if !filter.MatchString(sec.name) {
			continue
		}
		t := &table{}
		sec.run(s, t)
		t.print(os.Stdout, sec.title)
		missed += t.missed
	}
	if missed > 0 {
		fmt.Printf("\n%d targets missed\n", missed)
		if *check {
			os.Exit(1)
		}
	}
}
