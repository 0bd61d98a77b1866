// SPDX-License-Identifier: Apache-2.0

package contract

import "github.com/go-quiesce/quiesce/contract/internal/claim"

func notifyClaims() []claim.Claim {
	return []claim.Claim{s09(), s10(), s11(), s12(), s13(), s14(), s15(), s16(), s28(), s29(), s30()}
}
