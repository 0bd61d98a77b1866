// SPDX-License-Identifier: Apache-2.0

// Package several is a program with several commands.
package several

import (
	"log"
	"net"
	"net/http"
	"os"

	"github.com/o/server/setup"
	"github.com/o/server/wait"
	"github.com/spf13/cobra"
	"google.golang.org/grpc"
)

var root = &cobra.Command{Use: "server"}

var commands = []*cobra.Command{
	{Use: "proxy", Run: proxy},
	{Use: "serve", Run: serve},
	{Use: "web", RunE: web},
	{Use: "status", Run: status},
	{Use: "files", Run: files},
	{Use: "api", Run: api},
}

// Main runs one of them.
func Main(args []string) {
	if len(args) > 1 {
		if err := root.Execute(); err != nil {
			os.Exit(1)
		}
		return
	}
	wait.Interrupt()
}

func proxy(*cobra.Command, []string) {
	l := listen()
	defer func() {
		l.Close()
		log.Print("closed")
	}()
	pid := create("proxy.pid")
	defer pid.Close()
	srv := grpc.NewServer()
	failed := make(chan error, 1)
	start(failed, func() error { return srv.Serve(l) }) // want `srv.Serve serves until the process is killed: other commands handle SIGTERM, this one does not`
	log.Print(<-failed)
}

func start(failed chan<- error, serve func() error) { go func() { failed <- serve() }() }

func listen() net.Listener { return nil }

func create(name string) *os.File {
	f, err := os.Create(name)
	if err != nil {
		log.Fatal(err)
	}
	return f
}

// It handles signals.
func serve(*cobra.Command, []string) {
	pid := create("serve.pid")
	defer pid.Close()
	srv := &http.Server{}
	go srv.ListenAndServe()
	wait.Interrupt()
}

// It has the context of the command line.
func web(cmd *cobra.Command, _ []string) error {
	pid := create("web.pid")
	defer pid.Close()
	srv := &http.Server{BaseContext: nil}
	log.Print(cmd.Context().Err())
	return srv.ListenAndServe()
}

func status(*cobra.Command, []string) { log.Print("up") }

// It has nothing to clean up.
func files(*cobra.Command, []string) {
	log.Print(http.ListenAndServe(":8080", http.FileServer(http.Dir("."))))
}

// What it calls handles signals in the end.
func api(*cobra.Command, []string) {
	setup.All()
	pid := create("api.pid")
	defer pid.Close()
	srv := &http.Server{}
	log.Print(srv.ListenAndServe())
}
