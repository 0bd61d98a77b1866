// SPDX-License-Identifier: Apache-2.0

// Package grpc stands for the real one.
package grpc

// A Server stands for the real one.
type Server struct{}

// GracefulStop waits for all calls.
func (*Server) GracefulStop() {}

// Stop does not.
func (*Server) Stop() {}
