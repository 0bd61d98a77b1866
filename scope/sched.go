// SPDX-License-Identifier: Apache-2.0

package scope

import "runtime/metrics"

// Sched is what the runtime's scheduler says of the whole process, from
// [runtime/metrics]. What a runtime does not know is 0.
type Sched struct {
	Goroutines uint64 `json:"goroutines"` // there are
	Running    uint64 `json:"running"`    // that run
	Runnable   uint64 `json:"runnable"`   // that wait for a processor
	Waiting    uint64 `json:"waiting"`    // that wait for something else
	NotInGo    uint64 `json:"not_in_go"`  // in system calls or C
	Created    uint64 `json:"created"`    // there ever were
	Threads    uint64 `json:"threads"`    // of the operating system
	Procs      uint64 `json:"procs"`      // GOMAXPROCS
}

// readSched reads the metrics. They do not stop the world.
func readSched() *Sched {
	samples := []metrics.Sample{
		{Name: "/sched/goroutines:goroutines"},
		{Name: "/sched/goroutines/running:goroutines"},
		{Name: "/sched/goroutines/runnable:goroutines"},
		{Name: "/sched/goroutines/waiting:goroutines"},
		{Name: "/sched/goroutines/not-in-go:goroutines"},
		{Name: "/sched/goroutines-created:goroutines"},
		{Name: "/sched/threads/total:threads"},
		{Name: "/sched/gomaxprocs:threads"},
	}
	metrics.Read(samples)
	at := func(i int) uint64 {
		if v := samples[i].Value; v.Kind() == metrics.KindUint64 {
			return v.Uint64()
		}
		return 0
	}
	return &Sched{
		Goroutines: at(0), Running: at(1), Runnable: at(2), Waiting: at(3),
		NotInGo: at(4), Created: at(5), Threads: at(6), Procs: at(7),
	}
}
