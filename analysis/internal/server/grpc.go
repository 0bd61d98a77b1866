// SPDX-License-Identifier: Apache-2.0

package server

import (
	"go/types"

	"github.com/go-quiesce/quiesce/analysis/internal/code"
)

// IsGRPC reports whether a variable is a server of grpc. It is asked for calls, and neither
// for figures nor profiles, whatever is registered around it.
func IsGRPC(v types.Object) bool {
	return v != nil && code.IsNamed(v.Type(), "google.golang.org/grpc.Server")
}
