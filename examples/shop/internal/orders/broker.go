// SPDX-License-Identifier: Apache-2.0

package orders

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
)

// A Broker is where orders are published: POST of the order to URL. Without a
// URL they are only logged.
type Broker struct{ URL string }

// Publish returns nil when the broker has the order. After an error it may have
// it all the same.
func (b Broker) Publish(ctx context.Context, o Order) error {
	if b.URL == "" {
		slog.InfoContext(ctx, "published", "order", o.ID)
		return nil
	}
	if err := b.post(ctx, o); err != nil {
		return fmt.Errorf("publish order %q: %w", o.ID, err)
	}
	return nil
}

func (b Broker) post(ctx context.Context, o Order) error {
	data, err := json.Marshal(o)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.URL, bytes.NewReader(data))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		return fmt.Errorf("broker answered %s", resp.Status)
	}
	return nil
}
