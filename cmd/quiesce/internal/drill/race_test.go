// SPDX-License-Identifier: Apache-2.0

//go:build race

package drill

// slowness is how much longer things may take than without the race detector.
const slowness = 5
