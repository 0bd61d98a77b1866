// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package ctxio_test

func child(string) int { return 9 }
