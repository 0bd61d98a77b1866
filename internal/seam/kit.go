// SPDX-License-Identifier: Apache-2.0

package seam

// A Kit opens what only the test kit may use; see quiesce.App.Extend.
type Kit struct{}
