// SPDX-License-Identifier: Apache-2.0

// Package sdklimited gives its client a limit of its own.
package sdklimited

import (
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

func options() kinesis.Options {
	return kinesis.Options{HTTPClient: &http.Client{Timeout: time.Second}}
}

func put(c *kinesis.Client) { c.PutRecords(context.Background(), nil) }
