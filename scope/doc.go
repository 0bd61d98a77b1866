// SPDX-License-Identifier: Apache-2.0

// Package scope gives every goroutine an owner, a name and an end.
package scope
