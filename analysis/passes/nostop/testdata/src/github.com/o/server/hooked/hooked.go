// SPDX-License-Identifier: Apache-2.0

// Package hooked handles signals before any of its commands.
package hooked

import (
	"log"
	"net/http"
	"os"

	"github.com/o/server/wait"
	"github.com/spf13/cobra"
)

var root = &cobra.Command{Use: "server", PersistentPreRun: handle}

var serving = &cobra.Command{Use: "serve", Run: func(*cobra.Command, []string) {
	f, err := os.Create("pid")
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	srv := &http.Server{}
	log.Print(srv.ListenAndServe())
}}

func handle(*cobra.Command, []string) {
	go func() {
		wait.Interrupt()
		os.Exit(0)
	}()
}
