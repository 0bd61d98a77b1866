// SPDX-License-Identifier: Apache-2.0

/*
Package outside tests package drain with programs that we did not write: clients
and proxies that know nothing of it, against real processes that are stopped by
SIGTERM. Everything is in the test files, and for Linux.

	go test ./drain/outside -v
	QUIESCE_STOPS=200 QUIESCE_ROLLOUTS=100 go test ./drain/outside -v -timeout 2h
*/
package outside
