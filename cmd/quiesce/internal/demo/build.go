// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
)

const (
	shopPackage  = "github.com/go-quiesce/quiesce/examples/shop"
	naivePackage = shopPackage + "/naive"
)

// build compiles a package of the repository into a folder and returns the
// program. source is a folder in a checkout: its go.work tells the go command
// where the package is.
func build(ctx context.Context, source, pkg, into string) (string, error) {
	program := filepath.Join(into, filepath.Base(pkg))
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	// A checkout may belong to another user (containers), where stamping the
	// revision makes the build fail.
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", program, pkg)
	cmd.Dir = source
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		return "", fmt.Errorf("build %s: %w\n%s(the demo builds it from a checkout of the repository: run it inside one)", pkg, err, &stderr)
	}
	return program, nil
}
