// SPDX-License-Identifier: Apache-2.0

package output

import (
	"context"
	"net/http"
)

type Output struct{ server *http.Server }

// CloseAsync is called by the package, which does not wait, and by others.
func (o *Output) CloseAsync() {
	o.server.Shutdown(context.Background()) // want `o.server.Shutdown has a context that never ends`
}

func (o *Output) handle(w http.ResponseWriter, r *http.Request) { go o.CloseAsync() }

func (o *Output) end() { o.server.Shutdown(context.Background()) }

func (o *Output) other(w http.ResponseWriter, r *http.Request) { go o.end() }
