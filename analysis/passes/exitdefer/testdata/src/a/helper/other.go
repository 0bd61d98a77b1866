// SPDX-License-Identifier: Apache-2.0

package helper

import "a/helper/base"

// Other has the methods of another package's interface.
type Other base.Leveled
