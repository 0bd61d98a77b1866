// SPDX-License-Identifier: Apache-2.0

// Package zapcore stands for the real one.
package zapcore

type BufferedWriteSyncer struct{}
