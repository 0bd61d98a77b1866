// SPDX-License-Identifier: Apache-2.0

package quiescegrpc

import (
	"github.com/go-quiesce/quiesce"
	"google.golang.org/grpc"
)

// Client is a client connection as a component: it is closed in
// the stop pass, when everything is quiet and every component that needs it has
// stopped. Until then it can be used, also by what is drained. Close fails the
// calls of a component that was abandoned.
func Client(cc *grpc.ClientConn) quiesce.Component {
	return quiesce.Component{Stop: quiesce.NoCtx(cc.Close)}
}
