// SPDX-License-Identifier: Apache-2.0

// Package remotelimited has a time limit in sight.
package remotelimited

import (
	"context"
	"net/http"
	"time"

	"api.example/client"
)

var limited = &http.Client{Timeout: time.Second}

func Find(users *client.Users, name string) { users.Find(context.Background(), name) }
