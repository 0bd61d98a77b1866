// SPDX-License-Identifier: Apache-2.0

package cmd

import (
	"context"

	"host.org/me/prog/web"
)

func Execute(ctx context.Context) error { return web.Up() }
