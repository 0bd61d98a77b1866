// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"os"

	"google.golang.org/grpc"
	"host.org/me/prog/gateway"
)

func main() {
	rpc, quit := &grpc.Server{}, make(chan os.Signal, 1)
	go gateway.Run(http.NewServeMux()) // want `nobody can stop the server of gateway.Run`
	<-quit
	rpc.GracefulStop()
}
