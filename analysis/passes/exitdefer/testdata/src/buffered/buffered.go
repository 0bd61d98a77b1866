// SPDX-License-Identifier: Apache-2.0

// Package buffered has a logger with a buffer.
package buffered

import (
	"os"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

var out zapcore.BufferedWriteSyncer

func run(logger *zap.Logger, code int) {
	defer logger.Sync()
	logger.Info("x")
	if code == 0 {
		logger.Fatal("it syncs by itself")
	}
	os.Exit(code) // want `os.Exit skips the deferred logger.Sync of line \d+: what is buffered is lost`
}
