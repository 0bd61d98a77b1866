// SPDX-License-Identifier: Apache-2.0

package main

import (
	"database/sql"
	"log"
	"net"
)

var db *sql.DB

func main() {
	l, err := net.Listen("tcp", ":6379")
	if err != nil {
		log.Fatal(err)
	}
	for {
		c, err := l.Accept() // want `l.Accept takes connections until the process is killed`
		if err != nil {
			continue
		}
		go handle(c)
	}
}

func handle(c net.Conn) {
	db.Ping()
	c.Close()
}

func once() {
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		return
	}
	c, err := l.Accept()
	if err == nil {
		c.Close()
	}
}
