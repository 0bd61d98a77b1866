// SPDX-License-Identifier: Apache-2.0

package tracing

import "io"

// Init returns what closes the tracer.
func Init() (io.Closer, error) { return nil, nil }
