// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"cmp"
	"slices"
	"time"
)

// SurveySchema is the version of a survey's JSON. It grows by one when a field
// changes its meaning or goes away; new fields may come at any time.
const SurveySchema = 1

// A Survey is what runs in a scope and below it: a live map, and in an
// [*UnstoppedError] who did not stop. Durations are nanoseconds in JSON. The order of
// everything is the same in every survey: by path, then by name.
//
// A live survey looks at one scope after the other while tasks come and go: each
// task that ran all the time is in it once.
type Survey struct {
	Schema  int         `json:"schema"`             // SurveySchema
	Taken   time.Time   `json:"taken"`              // when it was begun
	Scopes  []ScopeInfo `json:"scopes"`             // the tree, a parent before its children
	Groups  []Group     `json:"tasks"`              // running tasks, by scope and name
	Use     []Use       `json:"timeouts,omitempty"` // of tasks with a Timeout, ended ones too
	Orphans []Orphan    `json:"orphans,omitempty"`  // goroutines that tasks have started; only with stacks
	Sched   *Sched      `json:"sched,omitempty"`    // the whole process; only in a live survey
	Note    string      `json:"note,omitempty"`     // why stacks are missing
}

// A ScopeInfo is one scope in a [Survey].
type ScopeInfo struct {
	Path      string        `json:"path"`                // names from the root
	State     string        `json:"state"`               // as [State] prints it
	Cause     string        `json:"cause,omitempty"`     // why it was shut or cancelled
	Cancelled time.Duration `json:"cancelled,omitempty"` // since it was cancelled; 0: it was not
	Running   int           `json:"running"`             // tasks
	Admitted  uint64        `json:"admitted"`            // tasks there ever were
	OK        uint64        `json:"ok"`                  // that ended well
	Failed    uint64        `json:"failed"`              // that returned an error
	Panicked  uint64        `json:"panicked"`            // that panicked
	Exited    uint64        `json:"exited"`              // that called runtime.Goexit
	Refused   uint64        `json:"refused"`             // for which Go returned an error
	Abandoned uint64        `json:"abandoned"`           // that Close gave up
	Late      uint64        `json:"late"`                // of these, how many have ended since
	Limit     int           `json:"limit,omitempty"`     // slots; 0: no limit
	Used      int           `json:"used,omitempty"`      // slots in use
	Waiting   int           `json:"waiting,omitempty"`   // callers of Go that wait for slots
}

// A Group is the running tasks of one name in one scope.
type Group struct {
	Scope     string        `json:"scope"`               // path
	Task      string        `json:"task"`                // name
	Count     int           `json:"count"`               // how many run
	Oldest    time.Duration `json:"oldest"`              // since the first of them was admitted
	Youngest  time.Duration `json:"youngest"`            // since the last of them was
	Ages      [6]int        `json:"ages"`                // how many are up to 1 s, 10 s, 1 min, 10 min, 1 h old, and older
	Cancelled time.Duration `json:"cancelled,omitempty"` // since their scope was cancelled; 0: it was not
	Cause     string        `json:"cause,omitempty"`     // why
	Stacks    []Stack       `json:"stacks,omitempty"`    // where they are; only in an UnstoppedError
}

// ages are the bounds of [Group.Ages].
var ages = [...]time.Duration{time.Second, 10 * time.Second, time.Minute, 10 * time.Minute, time.Hour}

// A Use tells how much of their [Timeout] the tasks of one name had used when they
// ended, so that near misses are seen before there are overruns.
type Use struct {
	Scope string              `json:"scope"` // path
	Task  string              `json:"task"`  // name
	Left  [heatBuckets]uint64 `json:"left"`  // how many had more than 1/2, 1/4, 1/8, 1/16, 1/32, 1/64 left, less, and nothing
	Spare time.Duration       `json:"spare"` // what they had left on average, negative for overruns
}

// Survey returns what runs in the scope and below it. It stops nothing but holds the
// lock of one scope at a time, for less than 0.1 µs for each of its tasks.
func (s *Scope) Survey() *Survey {
	v := s.survey(nil)
	v.Sched = readSched()
	return v
}

// survey takes what pick wants, everything if it is nil.
func (s *Scope) survey(pick func(*node) bool) *Survey {
	v := &Survey{Schema: SurveySchema, Taken: time.Now(), Groups: []Group{}}
	s.surveyInto(v, now(), pick)
	slices.SortStableFunc(v.Scopes, func(a, b ScopeInfo) int { return cmp.Compare(a.Path, b.Path) })
	slices.SortStableFunc(v.Groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Task, b.Task))
	})
	slices.SortStableFunc(v.Use, func(a, b Use) int {
		return cmp.Or(cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Task, b.Task))
	})
	return v
}

func (s *Scope) surveyInto(v *Survey, at time.Duration, pick func(*node) bool) {
	s.catchUp()
	s.mu.Lock()
	info, cause := s.infoLocked(at), s.cause
	mine := len(v.Groups)
	for _, g := range s.groupsLocked(at, pick) {
		v.Groups = append(v.Groups, *g)
	}
	for _, k := range s.kinds {
		if k.heat != nil {
			v.Use = append(v.Use, k.heat.use(s.path, k.name))
		}
	}
	s.mu.Unlock()
	if cause != nil {
		info.Cause = textOf(cause) // the user's: not under the lock
	}
	v.Scopes = append(v.Scopes, info)
	for i := range v.Groups[mine:] {
		g := &v.Groups[mine+i]
		g.Scope, g.Cancelled = s.path, info.Cancelled
		if g.Cancelled > 0 {
			g.Cause = info.Cause
		}
	}
	for _, c := range s.offspring() {
		c.surveyInto(v, at, pick)
	}
}

func (s *Scope) infoLocked(at time.Duration) ScopeInfo {
	e := &s.endings
	info := ScopeInfo{
		Path: s.path, State: s.state.String(), Running: s.live, Admitted: s.admitted,
		OK: e.n[OK], Failed: e.n[Failed], Panicked: e.n[Panicked], Exited: e.n[Exited],
		Refused: e.n[Refused], Abandoned: e.n[Abandoned], Late: e.late,
		Limit: s.slots.size, Waiting: len(s.slots.queue),
	}
	if info.Limit > 0 {
		info.Used = s.slots.used
	}
	if s.state >= Cancelled {
		info.Cancelled = max(1, at-e.cancelledAt)
	}
	return info
}

// groupsLocked describes the tasks that pick wants; workers by what they do.
func (s *Scope) groupsLocked(at time.Duration, pick func(*node) bool) map[*kind]*Group {
	groups := make(map[*kind]*Group, len(s.kinds))
	group := func(k *kind) *Group {
		if groups[k] == nil {
			groups[k] = &Group{Task: k.name}
		}
		return groups[k]
	}
	for _, k := range s.kinds {
		var g *Group
		for n := k.first; n != nil; n = n.next {
			if pick != nil && !pick(n) {
				continue
			}
			if g == nil {
				g = group(k)
			}
			g.add(max(0, at-n.seen(at)))
		}
	}
	for k := range s.workers {
		if pick == nil || pick(k.first) {
			group(k.current()).add(max(0, at-k.worker.seen(at)))
		}
	}
	return groups
}

// seen returns since when the task runs, as far as is known: since now, if this is the
// first look at it.
func (n *node) seen(at time.Duration) time.Duration {
	if n.since == 0 {
		n.since = at
	}
	return n.since
}

// seen is the same for what a worker does.
func (w *Worker) seen(at time.Duration) time.Duration {
	w.since.CompareAndSwap(0, int64(at))
	return time.Duration(w.since.Load())
}

// add counts a task of this age.
func (g *Group) add(age time.Duration) {
	if g.Count == 0 {
		g.Youngest = age
	}
	g.Youngest = min(g.Youngest, age)
	g.Oldest = max(g.Oldest, age)
	g.Count++
	g.Ages[ageBucket(age)]++
}

func ageBucket(age time.Duration) int {
	for i, bound := range ages {
		if age <= bound {
			return i
		}
	}
	return len(ages)
}
