// SPDX-License-Identifier: Apache-2.0

// Package servers has tests only: they drill servers that are not ours, as Debian
// ships them, and hold the verdicts and the checks that fail to what
// docs/reference/drill-servers.md says of them. A server that is not installed is
// skipped.
package servers
