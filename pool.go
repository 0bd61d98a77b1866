// SPDX-License-Identifier: Apache-2.0

package quiesce

import (
	"context"

	"github.com/go-quiesce/quiesce/drain"
)

// Pool is the component that closes p when nobody uses it any more: see
// [drain.Pool]. Those who use it Need it.
//
// All happens in Stop, when every dependant has stopped: a dependant's own Stop may
// still use the pool, so it cannot be shut in the drain phase. If Stop's context ends
// first, it closes the pool under those who use it, and returns a *[drain.HeldError]
// that names them.
func Pool(p *drain.Pool) Component {
	return Component{Stop: func(ctx context.Context) error {
		err := p.Close(ctx)
		if err != nil {
			p.Force()
		}
		return err
	}}
}
