// SPDX-License-Identifier: Apache-2.0

/*
Package drivers settles with real drivers and servers what the contract says of
database/sql alone: what a context that ends does to a query (claim D02 there).
The page that comes of it is docs/reference/contract-drivers.md.

	go test ./contract/drivers -v
	go test ./contract/drivers -update    writes the page; needs every server

SQLite is in the test. PostgreSQL and MariaDB are run, if they are installed, on
a loopback port with their data in a temporary folder; otherwise their claims
are skipped and say so.
*/
package drivers
