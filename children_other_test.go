// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package quiesce_test

// unixChildren are programs that need signals or file descriptors.
var unixChildren map[string]func()
