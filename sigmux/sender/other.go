// SPDX-License-Identifier: Apache-2.0

//go:build !linux || !(amd64 || arm64) || quiesce_nosender

package sender

import (
	"fmt"
	"runtime"

	"github.com/go-quiesce/quiesce/sigmux"
)

func system() sigmux.Source { return sigmux.OS() }

func trouble() error {
	return fmt.Errorf("sigmux/sender: not in this build (%s/%s): needs linux on amd64 or arm64, without the tag quiesce_nosender", runtime.GOOS, runtime.GOARCH)
}
