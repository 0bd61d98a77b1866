// SPDX-License-Identifier: Apache-2.0

package contract

import "github.com/go-quiesce/quiesce/contract/internal/claim"

func defaultActionClaims() []claim.Claim {
	return []claim.Claim{s01(), s02(), s03(), s04(), s05(), s06(), s07(), s08(), s31(), s32(), p01(), p02()}
}
