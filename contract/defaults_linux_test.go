// SPDX-License-Identifier: Apache-2.0

package contract

import "github.com/go-quiesce/quiesce/contract/internal/claim"

func defaultActionClaims() []claim.Claim {
	return []claim.Claim{s01()}
}
