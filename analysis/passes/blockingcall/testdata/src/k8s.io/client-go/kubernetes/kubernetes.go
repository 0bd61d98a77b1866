// SPDX-License-Identifier: Apache-2.0

package kubernetes

import "context"

type Pods interface {
	List(ctx context.Context, namespace string) ([]string, error)
	Name(ctx context.Context) string
}
