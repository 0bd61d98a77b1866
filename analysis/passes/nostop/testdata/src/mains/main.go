// Command mains serves with several servers, and ends with the first.
package main

import (
	"database/sql"
	"log"
	"net"
	"net/http"

	"google.golang.org/grpc"
)

func main() {
	db, err := sql.Open("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	log.Print(serve(http.NewServeMux(), http.NewServeMux()))
}

func initializeMetrics(*grpc.Server) {}

func serve(h, figures http.Handler) error {
	failed := make(chan error, 4)
	go func() {
		failed <- http.ListenAndServe(":80", h) // want `http.ListenAndServe serves until the process is killed`
	}()
	go func() {
		failed <- http.ListenAndServeTLS(":443", "c", "k", h) // want `http.ListenAndServeTLS serves until the process is killed`
	}()
	go func() {
		failed <- func() error {
			l, err := net.Listen("tcp", ":81")
			if err != nil {
				return err
			}
			s := grpc.NewServer()
			initializeMetrics(s)
			return s.Serve(l) // want `s.Serve serves until the process is killed`
		}()
	}()
	go func() {
		metrics := ":9090"
		failed <- http.ListenAndServe(metrics, figures)
	}()
	return <-failed
}
