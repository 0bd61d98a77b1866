// SPDX-License-Identifier: Apache-2.0

package contract

import "github.com/go-quiesce/quiesce/contract/internal/claim"

// p06 is about what a container runtime sends.
func p06() claim.Claim {
	return claim.Claim{
		ID:   "P06",
		Told: "The default stop signal of a container image is SIGQUIT.",
		Cited: &claim.Citation{
			Verdict: claim.False,
			Source:  "the OCI image specification, config.md, Properties, config, StopSignal (https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md#properties); the Docker reference, docker container stop, options signal and timeout (https://docs.docker.com/reference/cli/docker/container/stop/); the Kubernetes documentation, Pod Lifecycle, Stop Signals (https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination-stop-signals)",
			Facts: []string{
				"The image specification has no default: StopSignal is optional, a name such as `SIGKILL` or `SIGRTMIN+3`, and nothing is said about an image without one.",
				"The runtimes have one, SIGTERM: `docker stop` sends it if neither the image (STOPSIGNAL) nor the container (`--stop-signal`) names another, and under Kubernetes so do containerd and CRI-O.",
				"`docker stop` follows with SIGKILL after the container's stop timeout; by default that is 10 s for Linux containers.",
				"In Kubernetes, where the feature ContainerStopSignals is on, a container's `lifecycle.stopSignal` overrides the image.",
			},
		},
		So:      "Listen to SIGTERM, and have neither the image nor the pod name another signal: a program that does not listen to SIGQUIT writes all its stacks and exits with 2.",
		Covered: []string{"sigmux.NotifyContext", "quiesce.App.Main"},
	}
}
