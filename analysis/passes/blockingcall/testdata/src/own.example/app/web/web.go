// SPDX-License-Identifier: Apache-2.0

// Package web makes clients.
package web

import (
	"net/http"
	"time"
)

var Client = &http.Client{}

var Limited = &http.Client{Timeout: time.Second}

var Changed = &http.Client{}

func New() (*http.Client, error) { return &http.Client{Transport: Transport()}, nil }

func Transport() *http.Transport { return &http.Transport{MaxIdleConns: 3} }

func NewLimited() *http.Client { return &http.Client{Timeout: time.Second} }

func NewWith(options ...func(*http.Client)) *http.Client {
	c := &http.Client{}
	for _, option := range options {
		option(c)
	}
	return c
}
