// SPDX-License-Identifier: Apache-2.0

package contract

import "github.com/go-quiesce/quiesce/contract/internal/claim"

func notifyClaims() []claim.Claim {
	return []claim.Claim{}
}
