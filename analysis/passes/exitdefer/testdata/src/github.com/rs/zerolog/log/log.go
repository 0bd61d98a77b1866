// SPDX-License-Identifier: Apache-2.0

// Package log stands for the real one.
package log

import "github.com/rs/zerolog"

func Fatal() *zerolog.Event { return nil }
func Error() *zerolog.Event { return nil }
