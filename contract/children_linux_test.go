// SPDX-License-Identifier: Apache-2.0

package contract

import "github.com/go-quiesce/quiesce/contract/internal/claim"

func childProcessClaims() []claim.Claim {
	return []claim.Claim{p03(), p04(), p05(), p06(), p07()}
}
