// SPDX-License-Identifier: Apache-2.0

// Package sftp stands for a protocol of one connection.
package sftp

import "io"

// A Server serves one connection.
type Server struct{ conn io.ReadWriteCloser }

// NewServer returns one.
func NewServer(conn io.ReadWriteCloser) *Server { return &Server{conn} }

// Serve returns with the end of the connection.
func (s *Server) Serve() error {
	_, err := io.Copy(s.conn, s.conn)
	return err
}

// Close closes it.
func (s *Server) Close() error { return s.conn.Close() }
