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
		<-quit
		s.Stop(context.Background()) // want `nobody waits for s.Stop: s.Run returns as soon as it begins`
	}()
	if err := s.Run(); err != nil {
		log.Print(err)
	}
}
