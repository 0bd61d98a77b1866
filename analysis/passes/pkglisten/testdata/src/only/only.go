// SPDX-License-Identifier: Apache-2.0

// Package main stops nothing.
package main

import (
	"log"
	"net/http"
)

func main() {
	log.Fatal(http.ListenAndServe(":8080", nil))
}
