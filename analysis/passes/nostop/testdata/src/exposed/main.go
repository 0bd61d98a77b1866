// SPDX-License-Identifier: Apache-2.0

// Package main serves without an import of net/http.
package main

import (
	"log"

	"exposed/web"
)

func main() {
	log.Fatal(web.New().ListenAndServe()) // want `web.New\(\).ListenAndServe serves until the process is killed`
}
