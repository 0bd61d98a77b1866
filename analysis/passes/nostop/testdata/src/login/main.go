// SPDX-License-Identifier: Apache-2.0

// Package main has a server until it has an answer.
package main

import (
	"database/sql"
	"net/http"
)

func main() {
	var db *sql.DB
	code := make(chan string)
	go http.ListenAndServe("localhost:8085", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		code <- r.FormValue("code")
	}))
	db.Exec(<-code)
}
