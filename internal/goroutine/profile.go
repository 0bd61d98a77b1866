// SPDX-License-Identifier: Apache-2.0

// Package goroutine finds the stacks of goroutines by their profiler labels.
//
// It reads the runtime's goroutine profile, which stops the world twice, each
// time for as long as fixed bookkeeping takes. The stacks that runtime.Stack
// and the profile's debug=2 print stop it for as long as it takes to walk every
// goroutine. The profile has counts, labels and frames, but not a goroutine's
// number, nor how long it has been waiting.
package goroutine

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"runtime/pprof"
	"strings"
)

// maxBytes bounds a profile once it is unpacked. That of a million goroutines, each
// with labels of its own, has 40 MB.
const maxBytes = 1 << 29

// errDamaged is wrapped by the error for a profile that cannot be read.
var errDamaged = errors.New("damaged")

// Profile returns the stacks of the goroutines whose labels keep accepts, or of
// all if keep is nil. Goroutines with the same labels and the same frames are
// one Stack. The order is by labels, then the larger count, then frames.
//
// Only what is kept is symbolised. keep is called on the calling goroutine, with
// no labels for a goroutine that has none. It must not hold on to the slice, which
// is used again.
//
// What is returned is not one instant: goroutines that run are seen at slightly
// different times, and those that begin meanwhile are not seen. It costs about
// 3 µs of CPU for each goroutine of the process, kept or not, and four times that
// if each has labels of its own (BenchmarkProfile). It is safe for concurrent
// use; calls take turns.
func Profile(keep func(Labels) bool) ([]Stack, error) {
	data, err := take("goroutine")
	if err != nil {
		return nil, err
	}
	return decode(data, keep)
}

// take takes the profile of that name, which must exist, and unpacks it.
func take(name string) (string, error) {
	var packed bytes.Buffer
	if err := pprof.Lookup(name).WriteTo(&packed, 0); err != nil {
		return "", fmt.Errorf("quiesce: %s profile: %w", name, err)
	}
	return unpack(&packed, maxBytes)
}

// unpack returns a string, not bytes: names can then be looked at without a
// copy.
func unpack(packed io.Reader, limit int64) (string, error) {
	zip, err := gzip.NewReader(packed)
	if err != nil {
		return "", damaged(err)
	}
	var b strings.Builder
	n, err := io.Copy(&b, io.LimitReader(zip, limit+1))
	switch {
	case err != nil:
		return "", damaged(err)
	case n > limit:
		return "", damaged(fmt.Errorf("larger than %d bytes", limit))
	}
	return b.String(), nil
}

func damaged(why error) error {
	return fmt.Errorf("quiesce: goroutine profile: %w: %w", errDamaged, why)
}
