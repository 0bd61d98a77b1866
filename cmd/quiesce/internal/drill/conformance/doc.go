// SPDX-License-Identifier: Apache-2.0

// Package conformance tests the drill as a whole: servers that are broken in named ways,
// and correct ones, are drilled by the command line, with several seeds. Each broken one
// has to FAIL by the right check and never to PASS, and each correct one has to PASS,
// each time.
//
// The servers are in cmd/quiesce/testdata/zoo; each program there lists its species.
// QUIESCE_ZOO_SEEDS says how many seeds there are, 3 if it is not set.
package conformance
