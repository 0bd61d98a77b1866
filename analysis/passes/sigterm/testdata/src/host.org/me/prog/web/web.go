// SPDX-License-Identifier: Apache-2.0

package web

import "net/http"

func Up() error { return http.ListenAndServe(":80", http.NotFoundHandler()) }
