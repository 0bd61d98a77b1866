// SPDX-License-Identifier: Apache-2.0

// Package quiesce stands for the library.
package quiesce

type App struct{}

func New(string) *App { return new(App) }

func (*App) Main() {}
