// SPDX-License-Identifier: Apache-2.0

// Package pkglisten defines an analyzer that reports servers that nobody can stop beside
// servers that are stopped.
//
// # Analyzer pkglisten
//
// pkglisten: report http.ListenAndServe in a program that shuts other servers down
//
// The functions ListenAndServe and Serve of package net/http make a server of their own,
// and keep it: there is no way to call Shutdown on it. A program that stops its other
// servers gracefully, its grpc server for example, still cuts off the requests of this
// one, and goes on to accept new ones while it takes down what they need.
//
// Wrong:
//
//	go http.ListenAndServe(":8080", gateway)
//	<-stop
//	rpc.GracefulStop()
//
// Right:
//
//	web := &http.Server{Addr: ":8080", Handler: gateway}
//	go func() { failed <- web.ListenAndServe() }()
//	<-stop
//	web.Shutdown(ctx)
//	rpc.GracefulStop()
//
// It does not report programs that stop nothing, servers for profiles, metrics and the
// like, and those that only redirect: they may serve until the process ends.
//
// To switch it off for one line: //quiesce:ignore pkglisten reason
package pkglisten
