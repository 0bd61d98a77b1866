// SPDX-License-Identifier: Apache-2.0

package drain_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/go-quiesce/quiesce/drain"
)

// A handler that refuses requests once the gate is shut, and a stop that waits
// for those it has begun.
func ExampleGate() {
	var gate drain.Gate
	orders := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !gate.Enter() {
			http.Error(w, "stopping", http.StatusServiceUnavailable)
			return
		}
		defer gate.Leave()
		fmt.Fprint(w, "ordered")
	})

	get := func() {
		w := httptest.NewRecorder()
		orders.ServeHTTP(w, httptest.NewRequest("GET", "/orders", nil))
		fmt.Println(w.Code)
	}
	get()
	fmt.Println(gate.Close(context.Background()))
	get()
	// Output:
	// 200
	// <nil>
	// 503
}

// Work with a name can be found in the error of a stop that gave up.
func ExampleGate_Begin() {
	var gate drain.Gate
	h, ok := gate.Begin("nightly export")
	if !ok {
		return
	}
	defer h.End()

	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	err := gate.Close(ctx)
	fmt.Println(err.(*drain.HeldError).Holders[0].Who)
	// Output: nightly export
}

// A handler needs the database in order to finish, so work on the database is
// refused last; probes are answered until the end.
func ExampleGroup() {
	orders := &drain.Class{Name: "orders"}
	queries := &drain.Class{Name: "queries", Kind: drain.Critical}
	probes := &drain.Class{Name: "probes", Kind: drain.Exempt}
	all := drain.Group{orders, queries, probes}

	orders.Enter()
	go func() {
		defer orders.Leave()
		if queries.Enter() { // even while all.Close waits
			queries.Leave()
		}
	}()
	fmt.Println(all.Close(context.Background()))
	fmt.Println(orders.Enter(), queries.Enter(), probes.Enter())
	// Output:
	// <nil>
	// false false true
}
