// SPDX-License-Identifier: Apache-2.0

// Package quiesce puts a program under one lifecycle.
package quiesce
