// SPDX-License-Identifier: Apache-2.0

package quiesce

import "time"

// PlanSchema is the version of the plan's JSON; see [ReportSchema].
const PlanSchema = 1

// PlanVariable is the environment variable that makes [App.Main] print the
// plan, as "text" or "json", and end with code 0 without starting anything.
const PlanVariable = "QUIESCE_PLAN"

// A Plan says what a stop of the app will do, and what it costs at worst,
// before anything runs. Durations are nanoseconds in JSON; 0 means no limit.
type Plan struct {
	Schema         int           `json:"schema"`             // PlanSchema
	App            string        `json:"app"`                // the name given to New
	Preset         string        `json:"preset"`             // which preset filled what was unset
	Grace          time.Duration `json:"grace"`              // the grace period
	ReadinessDelay time.Duration `json:"readiness_delay"`    // spent while a component serves
	ForceGrace     time.Duration `json:"force_grace"`        // what a hurried stop may take
	Escalation     string        `json:"escalation"`         // the name of the signal policy
	Start          []PlanHook    `json:"start"`              // in an order in which they could start
	Phases         []PlanPhase   `json:"phases"`             // the stop, in order
	CriticalPath   []string      `json:"critical_path"`      // the chain of hooks with the largest reserves
	Reserved       time.Duration `json:"reserved"`           // the sum of reserves along it
	WorstCase      time.Duration `json:"worst_case"`         // what the stop can take at most
	Warnings       []string      `json:"warnings,omitempty"` // what is allowed but likely to hurt
}

// A PlanPhase is one pass of the stop.
type PlanPhase struct {
	Phase Phase         `json:"phase"`           // which phase
	Outer bool          `json:"outer,omitempty"` // the pass over the outer components
	Limit time.Duration `json:"limit"`           // what the phase can take at most
	Hooks []PlanHook    `json:"hooks"`           // in an order in which they could run
}

// A PlanHook is one hook of the plan.
type PlanHook struct {
	Component  string        `json:"component"`             // or the free hook's name
	Hook       HookKind      `json:"hook"`                  // which of its hooks
	Place      string        `json:"place"`                 // file:line of the Add or Hook call
	After      []string      `json:"after,omitempty"`       // components whose hooks of this phase end first
	Limit      time.Duration `json:"limit"`                 // its own limit
	Reserve    time.Duration `json:"reserve"`               // what no hook before it can spend
	Latest     time.Duration `json:"latest"`                // the latest deadline it can have, since the stop request
	Critical   bool          `json:"critical,omitempty"`    // it has a reserve of its own
	BestEffort bool          `json:"best_effort,omitempty"` // nobody waits for it
}
