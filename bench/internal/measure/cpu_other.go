// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package measure

import "time"

// CPU returns 0: there is no processor clock of the process here.
func CPU() time.Duration { return 0 }
