// SPDX-License-Identifier: Apache-2.0

package contract

import "github.com/go-quiesce/quiesce/contract/internal/claim"

func serverClaims() []claim.Claim {
	return []claim.Claim{h01(), h02(), h03(), h04(), h05(), h06(), h07()}
}

func databaseClaims() []claim.Claim {
	return []claim.Claim{d01(), d02()}
}
