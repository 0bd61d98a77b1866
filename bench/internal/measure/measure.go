// SPDX-License-Identifier: Apache-2.0

// Package measure has the clocks and the little statistics of the benchmarks.
package measure

import (
	"cmp"
	"slices"
)

// Median returns the median of what was sampled; it sorts it.
func Median[T cmp.Ordered](samples []T) T { return Quantile(samples, 50) }

// Quantile returns the sample below which percent of them are; it sorts them.
func Quantile[T cmp.Ordered](samples []T, percent int) T {
	slices.Sort(samples)
	return samples[(len(samples)-1)*percent/100]
}
