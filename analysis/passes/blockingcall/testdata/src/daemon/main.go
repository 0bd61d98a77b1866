// SPDX-License-Identifier: Apache-2.0

// Package main serves: nobody sits in front of it.
package main

import (
	"log"
	"net/http"
)

func proxy(url string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { fetch(url) }
}

func fetch(url string) {
	http.Get(url) // want `http.Get has no time limit: a server that does not answer holds its caller`
}

func main() {
	http.HandleFunc("/", proxy("http://localhost"))
	log.Fatal(http.ListenAndServe(":80", nil))
}
