// SPDX-License-Identifier: Apache-2.0

package contract

import "github.com/go-quiesce/quiesce/contract/internal/claim"

func contextClaims() []claim.Claim {
	return []claim.Claim{c01(), c02(), c03(), c04(), c05(), c06(), c07()}
}

func goroutineClaims() []claim.Claim {
	return []claim.Claim{
		g01(), g02(), g03(), g04(), g05(), g06(), g07(), g08(),
		g09(), g10(), g11(), g12(), g13(), g14(), g15(),
	}
}
