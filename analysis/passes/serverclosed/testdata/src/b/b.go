// SPDX-License-Identifier: Apache-2.0

package main

import (
	"api"
	"context"
	"log"
	"os"
)

var quit = make(chan os.Signal, 1)

func main() {
	s := api.New()
	go func() {
		if err := s.Run(); err != nil { // want `s.Run returns http.ErrServerClosed`
			log.Fatal(err)
		}
	}()
	go func() {
		if err := s.RunQuietly(); err != nil {
			log.Fatal(err)
		}
	}()
	<-quit
	s.Stop(context.Background())
}
