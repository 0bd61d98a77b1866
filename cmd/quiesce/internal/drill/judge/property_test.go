// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// A mutation changes a run and leaves what is wrong with it: the rounds that may be
// changed are given.
type mutation struct {
	name string
	do   func(run *record.Run, free func() []int, rand *rand.Rand)
}

func allRounds(run *record.Run) []int {
	var out []int
	for i := range run.Rounds {
		out = append(out, i)
	}
	return out
}

// removals take evidence away: rounds, and requests that ended well.
var removals = []mutation{
	{"remove a round", func(run *record.Run, free func() []int, rand *rand.Rand) {
		if free := free(); len(free) > 0 {
			i := free[rand.IntN(len(free))]
			run.Rounds = slices.Delete(run.Rounds, i, i+1)
		}
	}},
	{"remove rounds at the end", func(run *record.Run, free func() []int, rand *rand.Rand) {
		rounds := free()
		for n := rand.IntN(10); n > 0 && slices.Contains(rounds, len(run.Rounds)-1); n-- {
			run.Rounds = run.Rounds[:len(run.Rounds)-1]
		}
	}},
	{"remove answered requests", func(run *record.Run, _ func() []int, rand *rand.Rand) {
		eachLoad(run, func(l *record.Load) {
			n := rand.IntN(max(l.Outcomes["ok"], 0) + 1)
			l.Outcomes["ok"] -= n
			l.Answered, l.Sent, l.Window = l.Answered-n, l.Sent-n, max(l.Window-n, 0)
		})
	}},
	{"remove refusals", func(run *record.Run, _ func() []int, rand *rand.Rand) {
		if run.Setup.Mode != record.Restart {
			return // a refusal is what is wrong there
		}
		eachLoad(run, func(l *record.Load) {
			n := rand.IntN(max(min(l.Outcomes["refused"], l.Refused), 0) + 1)
			l.Outcomes["refused"] -= n
			l.Refused -= n
		})
	}},
}

// disturbances add evidence, or trouble of another kind.
var disturbances = []mutation{
	{"add good rounds", func(run *record.Run, _ func() []int, rand *rand.Rand) {
		for range rand.IntN(20) {
			run.Rounds = append(run.Rounds, goodRound(&run.Setup, len(run.Rounds)+1, record.Plain))
		}
	}},
	{"a round that says nothing", func(run *record.Run, free func() []int, rand *rand.Rand) {
		if free := free(); len(free) > 0 {
			run.Rounds[free[rand.IntN(len(free))]].Problem = "no"
		}
	}},
	{"interrupted", func(run *record.Run, _ func() []int, _ *rand.Rand) { run.Interrupted = "SIGINT" }},
	{"no floor", func(run *record.Run, _ func() []int, _ *rand.Rand) { run.Setup.MinStops, run.Setup.MinSent = 0, 0 }},
	{"a lagging load", func(run *record.Run, _ func() []int, _ *rand.Rand) {
		every(func(r *record.Round) { r.Lag.P99 = record.BucketWidth * 2 })(run)
	}},
	{"the list of the lost is gone", func(run *record.Run, _ func() []int, _ *rand.Rand) {
		for i := range run.Rounds {
			for _, l := range run.Rounds[i].Lost {
				if !slices.ContainsFunc(run.Rounds[i].Loads, func(c record.Load) bool { return c.Name == l.Load && c.Lost > 0 }) {
					return // nothing else tells of it
				}
			}
		}
		if !slices.ContainsFunc(run.Rounds, func(r record.Round) bool {
			return slices.ContainsFunc(r.Lost, func(l record.Lost) bool { return asked(&r) && unclean(&r, &l) })
		}) {
			every(func(r *record.Round) { r.Lost = nil })(run)
		}
	}},
	{"one count of the lost is gone", func(run *record.Run, _ func() []int, _ *rand.Rand) {
		eachLoad(run, func(l *record.Load) { l.Lost = 0 })
	}},
	{"no report of the server", func(run *record.Run, _ func() []int, _ *rand.Rand) {
		every(func(r *record.Round) { r.Inside, r.Server, r.Output = nil, nil, "" })(run)
	}},
}

func eachLoad(run *record.Run, f func(l *record.Load)) {
	for i := range run.Rounds {
		for k := range run.Rounds[i].Loads {
			if l := &run.Rounds[i].Loads[k]; l.Outcomes != nil {
				f(l)
			}
		}
	}
}

const mutants = 3 // of each case

// A fault stays one, whatever is added to it or taken from beside it.
func TestNoMutationHidesAFault(t *testing.T) {
	for seed, tt := range ruleTests() {
		if tt.want != record.Fail {
			continue
		}
		for n := range mutants {
			run, rand := goodRun(), rand.New(rand.NewPCG(uint64(seed), uint64(n)))
			tt.change(run)
			done := mutate(run, slices.Concat(removals, disturbances), rand, func() []int { return innocents(t, run, tt.id) })
			if c := judged(t, run, tt.id); c.Verdict != record.Fail || run.Verdict != record.Fail {
				t.Errorf("%s/%s is %s, and the run %s, after %q", tt.id, tt.name, c.Verdict, run.Verdict, done)
			}
		}
	}
}

// Less evidence is never more proof, even if what is taken away is the fault: the gap
// shows. (What was not asked for and is gone from the end cannot be missed.)
func TestLessEvidenceNeverPasses(t *testing.T) {
	for seed, tt := range ruleTests() {
		for n := range mutants {
			run, rand := goodRun(), rand.New(rand.NewPCG(uint64(seed), uint64(n)))
			tt.change(run)
			if Judge(run); run.Verdict == record.Pass {
				break
			}
			done := mutate(run, removals, rand, func() []int { return allRounds(run) })
			if Judge(run); run.Verdict == record.Pass {
				t.Errorf("%s/%s passes after %q", tt.id, tt.name, done)
			}
		}
	}
}

// A round that fails and then says nothing leaves no PASS.
func TestAFailingRoundThatSaysNothing(t *testing.T) {
	for _, tt := range ruleTests() {
		if tt.want != record.Fail {
			continue
		}
		run := goodRun()
		tt.change(run)
		free := innocents(t, run, tt.id)
		for i := range run.Rounds {
			if !slices.Contains(free, i) {
				run.Rounds[i].Problem = "it is said to be nothing"
			}
		}
		if Judge(run); run.Verdict == record.Pass {
			t.Errorf("%s/%s passes", tt.id, tt.name)
		}
	}
}

func ruleTests() []ruleTest {
	return concat(requestTests(), servedTests(), probeTests(), exitTests(), leftTests(), situationTests(), evidenceTests(), floorTests())
}

func mutate(run *record.Run, from []mutation, rand *rand.Rand, free func() []int) (done []string) {
	for range 1 + rand.IntN(5) {
		m := from[rand.IntN(len(from))]
		m.do(run, free, rand)
		done = append(done, m.name)
	}
	return done
}

// innocents returns the rounds without a finding of that check.
func innocents(t *testing.T, run *record.Run, id string) []int {
	t.Helper()
	c := judged(t, run, id)
	return slices.DeleteFunc(allRounds(run), func(i int) bool {
		return slices.ContainsFunc(c.Findings, func(f record.Finding) bool { return f.Round == run.Rounds[i].Number })
	})
}

// Records of any kind, right or not: a PASS is only where nothing speaks against it, a
// FAIL only with findings.
func TestScrambledRecords(t *testing.T) {
	verdicts := map[record.Verdict]int{}
	for seed := range uint64(400) {
		run, rand := goodRun(), rand.New(rand.NewPCG(seed, 0))
		run.Rounds = run.Rounds[:1+rand.IntN(16)]
		run.Setup.MinStops, run.Setup.Situations = rand.IntN(5), nil
		scramble(reflect.ValueOf(run).Elem(), rand, 1/float64(1+rand.IntN(20000)))
		Judge(run)
		verdicts[run.Verdict]++
		if len(run.Checks) != len(Catalog()) || run.Reason == "" {
			t.Errorf("seed %d: %d checks, reason %q", seed, len(run.Checks), run.Reason)
		}
		for _, c := range run.Checks {
			if (c.Verdict == record.Fail) != (len(c.Findings) > 0) || c.Text == "" {
				t.Errorf("seed %d: %s is %s with %d findings: %q", seed, c.ID, c.Verdict, len(c.Findings), c.Text)
			}
		}
		if why := against(run); run.Verdict == record.Pass && why != "" {
			t.Errorf("seed %d: PASS with %s", seed, why)
		}
	}
	if len(verdicts) != 3 {
		t.Errorf("the verdicts were %v: want some of each", verdicts)
	}
}

// scramble changes a share of all that is in v.
func scramble(v reflect.Value, rand *rand.Rand, share float64) {
	hit := rand.Float64() < share
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				scramble(v.Field(i), rand, share)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			scramble(v.Index(i), rand, share)
		}
		if hit && v.Len() > 0 {
			v.Set(v.Slice(0, rand.IntN(v.Len())))
		}
	case reflect.Pointer:
		if hit {
			v.SetZero()
		} else if !v.IsNil() {
			scramble(v.Elem(), rand, share)
		}
	case reflect.Map:
		if hit {
			v.SetMapIndex(reflect.ValueOf([]string{"eof_no_response", "odd", "dns", "ok"}[rand.IntN(4)]), reflect.ValueOf(rand.IntN(7)-2))
		}
	default:
		if hit {
			scrambleScalar(v, rand)
		}
	}
}

func scrambleScalar(v reflect.Value, rand *rand.Rand) {
	switch {
	case v.CanInt():
		v.SetInt([]int64{0, -1, 1, v.Int() + 1, v.Int() / 2, -v.Int(), math.MaxInt64, math.MinInt64}[rand.IntN(8)])
	case v.CanUint():
		v.SetUint(rand.Uint64() >> (64 - v.Type().Bits()))
	case v.CanFloat():
		v.SetFloat(rand.Float64())
	case v.Kind() == reflect.Bool:
		v.SetBool(!v.Bool())
	case v.Kind() == reflect.String:
		v.SetString([]string{"", "odd", "SIGTERM", "503", "start", "upgrade", "http/1.1"}[rand.IntN(7)])
	}
}

// against returns what speaks against a PASS, in the plainest terms.
func against(run *record.Run) string {
	stops := 0
	for i := range run.Rounds {
		r := &run.Rounds[i]
		if r.Problem != "" || r.Exit.Killed {
			return "a round that was not made, or a kill"
		}
		if r.Signalled >= 0 {
			stops++
		}
		for _, l := range r.Loads {
			if l.Lost > 0 || l.Outcomes["eof_no_response"] > 0 || l.Outcomes["http_error"] > 0 {
				return "a lost request"
			}
		}
	}
	if stops == 0 || stops < run.Setup.MinStops || run.Interrupted != "" || len(run.Skipped) > 0 {
		return "a run that is too short"
	}
	return ""
}
