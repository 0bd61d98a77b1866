// SPDX-License-Identifier: Apache-2.0

package webs

import "github.com/o/p/web"

func run(addr string, add func(*web.Web)) error {
	w := web.New()
	defer w.Flush()
	add(w)
	return w.Serve(addr)
}
