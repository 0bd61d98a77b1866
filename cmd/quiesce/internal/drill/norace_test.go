// SPDX-License-Identifier: Apache-2.0

//go:build !race

package drill

const slowness = 1
