// SPDX-License-Identifier: Apache-2.0

package main

import (
	"log"
	"net/http"
	"os"
	"signals/wait"
)

func main() {
	f, err := os.Create("access.log")
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	wait.Exit(func() { f.Close() })
	log.Fatal(http.ListenAndServe(":8080", nil))
}
