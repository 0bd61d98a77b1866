// SPDX-License-Identifier: Apache-2.0

// Command a is one for a terminal.
package main

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"time"
)

type bench struct{ client *http.Client }

func (b *bench) Close() { http.Get("http://metrics/flush") } // want `http.Get has no time limit`

func follow(url string) {
	for {
		resp, err := http.Get(url) // want `http.Get has no time limit`
		if err != nil || resp.StatusCode < 300 {
			return
		}
		url = resp.Header.Get("Location")
	}
}

func join(url string) {
	for {
		http.Get(url) // want `http.Get in a loop has no time limit`
		time.Sleep(time.Minute)
	}
}

// A person sees what it does, and can end both.
func install(ctx context.Context, file string) error {
	cmd := exec.Command("dpkg", "-i", file)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

func quiet(ctx context.Context, file string) error {
	return exec.Command("dpkg", "-i", file).Run() // want `exec.Command may block for long, and does not end with ctx`
}

func main() { follow("http://localhost") }
