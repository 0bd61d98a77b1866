// SPDX-License-Identifier: Apache-2.0 // want package:`reported`

package web

import "github.com/o/p/web"

func run(addr string) error {
	w := web.New()
	defer w.Flush()
	return w.Serve(addr) // want `w.Serve serves until the process is killed`
}
