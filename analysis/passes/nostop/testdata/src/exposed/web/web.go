// SPDX-License-Identifier: Apache-2.0

package web

import (
	"database/sql"
	"net/http"
)

type Server struct {
	http.Server
	db *sql.DB
}

func New() *Server { return &Server{} }
