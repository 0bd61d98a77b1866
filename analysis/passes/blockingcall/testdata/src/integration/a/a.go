// SPDX-License-Identifier: Apache-2.0

// Package a is for tests.
package a

import "net/http"

func get(url string) (*http.Response, error) { return http.Get(url) }
