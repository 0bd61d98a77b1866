// SPDX-License-Identifier: Apache-2.0

package contract

import "github.com/go-quiesce/quiesce/contract/internal/claim"

func serverClaims() []claim.Claim {
	return []claim.Claim{}
}

func databaseClaims() []claim.Claim {
	return []claim.Claim{}
}
