// SPDX-License-Identifier: Apache-2.0

// Package main has what the language allows and nobody writes: types that are made of
// themselves, calls in parentheses, arguments from calls with several results.
package main
