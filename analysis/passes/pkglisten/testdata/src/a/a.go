// SPDX-License-Identifier: Apache-2.0

package main

import (
	"log"
	"net"
	"net/http"
	"os"

	"google.golang.org/grpc"
)

var (
	quit = make(chan os.Signal, 1)
	api  http.Handler
)

func main() {
	l, err := net.Listen("tcp", ":9000")
	if err != nil {
		log.Fatal(err)
	}
	rpc := grpc.NewServer()
	go rpc.Serve(l)
	go func() {
		log.Fatal(http.ListenAndServe(":8080", api)) // want `nobody can stop the server of http.ListenAndServe: the program shuts others down`
	}()
	go func() {
		log.Println(http.ListenAndServe("localhost:6060", pprofHandler()))
	}()
	go http.ListenAndServe(":80", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://"+r.Host, http.StatusPermanentRedirect)
	}))
	<-quit
	rpc.GracefulStop()
}

func serveMetrics() {
	go http.ListenAndServe(":9090", nil)
}

func off() {
	//quiesce:ignore pkglisten redirects only
	go http.ListenAndServe(":80", api)
}

func pprofHandler() http.Handler { return nil }
