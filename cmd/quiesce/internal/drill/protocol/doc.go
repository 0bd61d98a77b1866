// SPDX-License-Identifier: Apache-2.0

// Package protocol makes the load of a drill that takes more than the standard
// library: gRPC and websockets.
package protocol
