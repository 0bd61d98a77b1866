// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
)

const shopPackage = "github.com/go-quiesce/quiesce/examples/shop"

// build compiles both mains into a folder. source is a folder in a checkout: its
// go.work tells the go command where they are.
func build(ctx context.Context, source, into string) error {
	// A checkout may belong to another user (containers), where stamping the
	// revision makes the build fail.
	cmd := exec.CommandContext(
		ctx, "go", "build", "-buildvcs=false", "-o", into+string(filepath.Separator), shopPackage, shopPackage+"/naive",
	)
	cmd.Dir = source
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("build %s: %w\n%s(the demo builds it from a checkout of the repository: run it inside one)", shopPackage, err, &stderr)
	}
	return nil
}
