// SPDX-License-Identifier: Apache-2.0

package gateway

import "net/http"

func Run(h http.Handler) error { return http.ListenAndServe(":8080", h) }
