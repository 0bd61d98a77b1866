// SPDX-License-Identifier: Apache-2.0

package contract

import "github.com/go-quiesce/quiesce/contract/internal/claim"

func contextClaims() []claim.Claim {
	return []claim.Claim{}
}

func goroutineClaims() []claim.Claim {
	return []claim.Claim{}
}
