// SPDX-License-Identifier: Apache-2.0

package oauth2

import (
	"context"
	"net/http"
)

type TokenSource interface{}

func NewClient(ctx context.Context, src TokenSource) *http.Client { return nil }
