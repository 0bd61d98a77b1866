// SPDX-License-Identifier: Apache-2.0

package gin

import "net/http"

type Context struct{ Request *http.Request }
