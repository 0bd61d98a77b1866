// SPDX-License-Identifier: Apache-2.0

// Package main is an example: it may be short.
package main

import (
	"log"
	"net/http"
)

func main() {
	go func() {
		if err := http.ListenAndServe(":80", nil); err != nil {
			log.Print(err)
		}
	}()
	select {}
}
