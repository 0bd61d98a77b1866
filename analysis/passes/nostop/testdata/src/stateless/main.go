// SPDX-License-Identifier: Apache-2.0

// Package main has nothing to lose.
package main

import (
	"log"
	"net/http"
)

func main() {
	log.Fatal(http.ListenAndServe(":8080", http.FileServer(http.Dir("."))))
}
