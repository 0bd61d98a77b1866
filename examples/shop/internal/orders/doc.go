// SPDX-License-Identifier: Apache-2.0

// Package orders is what the shop does, apart from starting and stopping: it
// keeps orders, answers for them over HTTP, tells them to whoever listens, and
// publishes each to a broker. Both mains of the shop use it as it is, so that
// only the mains differ.
package orders
