// SPDX-License-Identifier: Apache-2.0

package contract

import "github.com/go-quiesce/quiesce/contract/internal/claim"

// p07 is about the time that a pod has.
func p07() claim.Claim {
	return claim.Claim{
		ID:   "P07",
		Told: "After SIGTERM Kubernetes waits 30 s before it kills, whatever the preStop hook has used.",
		Cited: &claim.Citation{
			Verdict: claim.False,
			Source:  "the Kubernetes documentation, Pod Lifecycle, Pod Termination Flow (https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination-flow), and the Kubernetes API, Pod v1, Lifecycle, preStop (https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/)",
			Facts: []string{
				"There is one grace period for all of it, `terminationGracePeriodSeconds`, 30 s unless the pod or whoever deletes it says otherwise.",
				"It begins before the preStop hook, and SIGTERM is sent when the hook is over: what the hook has used is no longer there.",
				"If the hook still runs at the end, the kubelet asks once for 2 s more; then SIGKILL comes.",
				"Sidecar containers are sent SIGTERM only after the last main container has ended, in the reverse order of their definition, out of the same grace period.",
				"Endpoints are taken out at the same time, not before: a pod that ends is marked as not ready, and load balancers learn of it when they do.",
			},
		},
		So:      "A preStop hook of 10 s leaves 20 s of 30. Give the program a grace period that is shorter than what is left, with a reserve, and raise terminationGracePeriodSeconds instead of counting on the default. The program cannot read it.",
		Covered: []string{"quiesce.WithGracePeriod", "quiesce.WithReadinessDelay", "quiesce.Kubernetes"},
	}
}
