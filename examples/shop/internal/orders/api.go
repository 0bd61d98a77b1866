// SPDX-License-Identifier: Apache-2.0

package orders

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
)

// maxBodyBytes is what an order may say at most.
const maxBodyBytes = 64 << 10

type api struct {
	store  *Store
	outbox *Outbox
	events *Events
}

// API serves POST /orders (with the order's id in the header Idempotency-Key),
// GET /orders/{id} and the stream GET /events.
func API(s *Store, b *Outbox, e *Events) http.Handler {
	a := api{s, b, e}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders", a.create)
	mux.HandleFunc("GET /orders/{id}", a.get)
	mux.Handle("GET /events", e)
	return mux
}

func (a api) create(w http.ResponseWriter, r *http.Request) {
	o := Order{ID: r.Header.Get("Idempotency-Key")}
	if o.ID == "" {
		http.Error(w, "the header Idempotency-Key is missing", http.StatusBadRequest)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	o.Body = string(body)
	isNew, err := a.store.Create(r.Context(), o)
	switch {
	case err != nil:
		fail(w, r, err)
	case isNew:
		a.outbox.Wake()
		a.events.Send(o)
		answer(w, http.StatusCreated, o)
	default:
		answer(w, http.StatusOK, o)
	}
}

func (a api) get(w http.ResponseWriter, r *http.Request) {
	o, err := a.store.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		fail(w, r, err)
		return
	}
	answer(w, http.StatusOK, o)
}

func answer(w http.ResponseWriter, status int, o Order) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(o) // an error here is the client's, who has gone
}

func fail(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusInternalServerError
	switch {
	case errors.Is(err, ErrNotFound):
		status = http.StatusNotFound
	case errors.Is(err, ErrConflict):
		status = http.StatusConflict
	default:
		slog.ErrorContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	http.Error(w, err.Error(), status)
}
