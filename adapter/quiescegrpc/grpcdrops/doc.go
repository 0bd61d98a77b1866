// SPDX-License-Identifier: Apache-2.0

/*
Package grpcdrops gives the drop counter of quiescetest/drops clients that speak
gRPC, so that a test can hold a server at losing no call when it is stopped:

	order := func(ctx context.Context, cc grpc.ClientConnInterface) error {
		_, err := shoppb.NewShopClient(cc).Order(ctx, &shoppb.OrderRequest{Id: 1})
		return err
	}
	result, err := drops.Trial{
		Start: startShop,
		Loads: []load.Load{{Name: "orders", Kind: grpcdrops.Calls(order), Callers: 64, Share: 16}},
	}.Run(t.Context())

grpc-go sends a call once more, and tells nobody, when the server says that it has
not begun it. These clients never do: one call is one attempt on the wire, and
one that another client would have to send again is counted.

It was made for, and tested with, google.golang.org/grpc v1.85.
*/
package grpcdrops
