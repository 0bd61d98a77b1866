// SPDX-License-Identifier: Apache-2.0

// Package owner lets the contexts of the root package belong to a scope as those of
// package scope do.
package owner

import "context"

// Key is the key under which a context tells whose work it is: its value is an Of.
type Key struct{}

// Of is an owner of work. S is *scope.Scope, which this package stands below.
type Of[S any] interface {
	Scope() S                                 // the scope, which may be made when it is asked for
	Work(ctx context.Context) context.Context // ctx is the owner's: its values, until begun work is to end
}
