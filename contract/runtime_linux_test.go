// SPDX-License-Identifier: Apache-2.0

package contract

import "github.com/go-quiesce/quiesce/contract/internal/claim"

func runtimeSignalClaims() []claim.Claim {
	return []claim.Claim{s17(), s18(), s19(), s20(), s21(), s22(), s23(), s24(), s25(), s26(), s27(), s33(), s34()}
}
