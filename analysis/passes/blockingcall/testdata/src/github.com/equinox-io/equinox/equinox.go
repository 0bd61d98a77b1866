// SPDX-License-Identifier: Apache-2.0

package equinox

import "net/http"

type Options struct{ HTTPClient *http.Client }

type Response struct{}

func Check(app string, opts Options) (Response, error) { return Response{}, nil }

func (Response) Apply() error { return nil }
