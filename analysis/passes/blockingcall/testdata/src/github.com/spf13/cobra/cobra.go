// SPDX-License-Identifier: Apache-2.0

package cobra

import "context"

type Command struct{}

func (*Command) Execute() error                           { return nil }
func (*Command) ExecuteContext(ctx context.Context) error { return nil }
