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
			Source:  "the OCI image specification, config.md, field StopSignal (https://github.com/opencontainers/image-spec/blob/main/config.md)",
			Facts:   []string{"TODO"},
		},
		So: "Listen to SIGTERM. An image may name another signal with STOPSIGNAL: then take that one too.",
	}
}
