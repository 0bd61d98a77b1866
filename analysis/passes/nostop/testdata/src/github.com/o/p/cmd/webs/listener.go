// SPDX-License-Identifier: Apache-2.0

package webs

import (
	"database/sql"
	"net"
	"net/http"
)

var db *sql.DB

type holder struct{ l net.Listener }

// Whoever has the holder closes its listener.
func (h *holder) serve() error {
	defer db.Close()
	srv := &http.Server{Handler: http.NotFoundHandler()}
	return srv.Serve(h.l)
}
