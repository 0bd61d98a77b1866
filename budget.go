// SPDX-License-Identifier: Apache-2.0

package quiesce

import "time"

// The arithmetic of time. A stop asked for at t ends at T = t + grace period.
// Its hooks form one graph: dependencies inside a pass, a barrier between
// passes. Every hook has a reserve, and tail(h) is the largest sum of reserves
// on any path after h. A hook begun at b has until
//
//	D = min(b + its limit, end of its pass − what is reserved after it there)
//
// where a pass ends at E less the reserves of later passes, or earlier if it
// has a limit. So whatever hooks do, each finds its reserve untouched: the
// hooks before it were given up in time. E is a little before T; the rest is
// for the report, and T itself is used by nobody but the watchdog.

const (
	// maxMargin and marginShare bound the time kept for the report.
	maxMargin   = 50 * time.Millisecond
	marginShare = 50 // 2 % of the grace period

	// smallReserveShare is the reserve of a hook that is not critical, as a
	// share of the grace period; smallReservesShare is what the longest path
	// of them may take together before all are scaled down.
	smallReserveShare  = 100
	smallReservesShare = 4

	// maxWindow and windowShare bound the time between the end of an
	// overrunning hook's context and the moment it is abandoned.
	maxWindow   = 100 * time.Millisecond
	windowShare = 5

	// announceShare is the announce phase's default limit beyond the readiness
	// delay, as a share of what reserves and delay leave; without it a hung
	// Announce would leave nothing but reserves to the rest. The drain phase's
	// is two thirds.
	announceShare = 10

	// startShare is how much of the grace period a Start that was called off
	// may take to return.
	startShare = 5
)

// A budget is how an app's time is shared out. It is fixed when Run begins;
// what the stop itself adds is guarded by App.mu.
type budget struct {
	grace  int64
	delay  int64
	margin int64
	small  int64 // reserve of a hook that is not critical

	end     int64   // E, once the stop has begun
	spend   int64   // what reserves and delay leave, once the stop has begun
	delayed bool    // the readiness delay is spent
	hurried bool    // only critical hooks count
	scale   float64 // of critical reserves, so that they fit a hurried stop
}

func newBudget(grace, delay time.Duration) budget {
	return budget{
		grace:  int64(grace),
		delay:  int64(delay),
		margin: margin(int64(grace)),
		small:  int64(grace) / smallReserveShare,
		scale:  1,
	}
}

// shrink fits a budget into a platform's own limit: everything in it keeps its share.
func (b *budget) shrink(grace time.Duration) {
	b.scale = float64(grace) / float64(b.grace)
	b.delay = int64(float64(b.delay) * b.scale)
	b.small = int64(float64(b.small) * b.scale)
	b.grace = int64(grace)
	b.margin = margin(b.grace)
}

// margin returns what of a time is kept for the report.
func margin(total int64) int64 { return min(int64(maxMargin), total/marginShare) }

// window returns how long before its deadline a hook's context ends.
func window(allowed int64) int64 { return min(int64(maxWindow), allowed/windowShare) }

// reserve returns what is kept for one hook of n with the given limit.
func (b *budget) reserve(n *node, limit int64) int64 {
	switch {
	case n.traits.bestEffort:
		return 0
	case n.critical():
		return int64(float64(n.timing.reserve) * b.scale)
	case b.hurried:
		return 0
	case limit > 0:
		return min(limit, b.small)
	default:
		return b.small
	}
}

// scaleSmall sets the reserve of hooks that are not critical, so that the
// longest path of them, which takes longest as they are, fits its share.
func (b *budget) scaleSmall(longest int64) {
	if share := b.grace / smallReservesShare; longest > share {
		b.small = int64(float64(b.small) * float64(share) / float64(longest))
	}
}

// longestPath sets each node's tail in pass p and returns the weight of the
// heaviest path. Every node stands after its dependencies, and those come after
// it in a stop: their tails are known when it is reached.
func longestPath(p *pass, weight func(*node) int64) int64 {
	longest := int64(0)
	for _, n := range p.nodes {
		n.tail = 0
		for _, need := range p.next(n) {
			n.tail = max(n.tail, need.reach)
		}
		n.reach = n.tail + weight(n)
		longest = max(longest, n.reach)
	}
	return longest
}

// weigh returns the reserves of the hooks that n has still to run in pass p. A
// plan is made before anything runs: every hook is to come then.
func (b *budget) weigh(p *pass, n *node, plan bool) int64 {
	sum := int64(0)
	for _, k := range p.hooks(n) {
		if plan && n.planned(p, k) || !plan && n.stillIn(p, k) {
			sum += b.reserve(n, n.limit(p.phase))
		}
	}
	return sum
}

// stillIn reports whether hook k of n has still to run, or to end, in pass p. A
// Run lives through both passes, but has its reserve in the one in which it is
// asked to end.
func (n *node) stillIn(p *pass, k HookKind) bool {
	if k == HookRun && n.phaseOf(k) != p.phase {
		return false
	}
	return n.toCome(k) || n.startLives() && n.fn(k) != nil
}

// reservesAfter returns, for each pass, what is reserved for those after it,
// and what is reserved in all.
func (b *budget) reservesAfter(passes []*pass, plan bool) int64 {
	total := int64(0)
	for i := len(passes) - 1; i >= 0; i-- {
		p := passes[i]
		p.after = total
		p.reserve = longestPath(p, func(n *node) int64 { return b.weigh(p, n, plan) })
		total += p.reserve
	}
	return total
}

// begin fixes E and what there is to spend for a stop asked for at t.
func (b *budget) begin(t int64, passes []*pass, delayed bool) {
	b.end = t + b.grace - b.margin
	b.delayed = delayed
	b.spend = b.grace - b.margin - b.reservesAfter(passes, false)
	if delayed {
		b.spend -= b.delay
	}
	b.spend = max(0, b.spend)
}

// hurry shortens E to that of a stop that must be over at t, and scales the
// reserves of critical hooks so that their longest path still fits after the
// window that hooks in flight are given.
func (b *budget) hurry(now, t int64, passes []*pass) {
	t = min(t, b.end+b.margin)
	b.hurried = true
	b.end = t - margin(t-now)
	total := b.reservesAfter(passes, false)
	if room := max(0, b.end-now-int64(maxWindow)); total > room {
		b.scale *= float64(room) / float64(total)
		b.reservesAfter(passes, false)
	}
}

// passEnd returns when pass p, begun at t, ends at the latest, and what says so.
func (b *budget) passEnd(p *pass, t int64) (int64, bound) {
	end, why := b.end-p.after, boundBudget
	if b.hurried {
		why = boundHurry
	}
	if limit := b.passLimit(p); limit > 0 && t+limit+p.reserve < end {
		end, why = t+limit+p.reserve, boundPhase
	}
	return end, why
}

// passLimit returns the pass's limit beyond its reserves, 0 for none.
func (b *budget) passLimit(p *pass) int64 {
	switch {
	case p.limit > 0:
		return p.limit
	case p.outer:
		return 0
	case p.phase == PhaseAnnounce:
		limit := b.spend / announceShare
		if b.delayed {
			limit += b.delay
		}
		return max(limit, 1)
	case p.phase == PhaseDrain:
		return max(b.spend*2/3, 1)
	default:
		return 0
	}
}
