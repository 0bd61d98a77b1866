// SPDX-License-Identifier: Apache-2.0

// Package tui draws with the help of another library.
package tui

import "github.com/term/raw"

// Draw draws.
func Draw() { raw.Mode() }
