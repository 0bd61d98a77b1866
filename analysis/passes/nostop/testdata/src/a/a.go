// SPDX-License-Identifier: Apache-2.0

package main

import (
	"log"
	"net/http"
	"os"
)

func main() {
	f, err := os.Create("access.log")
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	log.Fatal(http.ListenAndServe(":8080", nil)) // want `http.ListenAndServe serves until the process is killed: nothing handles SIGTERM`
}
