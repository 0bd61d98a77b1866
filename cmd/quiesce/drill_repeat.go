// SPDX-License-Identifier: Apache-2.0

package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// repeat returns the flags as they were given, without those that a replay sets.
func (f *drillFlags) repeat(cmd *cobra.Command) []string {
	var out []string
	without := []string{"seed", "replay", "rounds", "duration", "dry-run", "format", "color", "json", "junit", "sarif", "markdown", "html", "situations"}
	for _, name := range changed(cmd) {
		if slices.Contains(without, name) {
			continue
		}
		switch name {
		case "url":
			out = append(out, each(name, withoutUsers(f.urls))...)
		case "header":
			out = append(out, each(name, hidden(f.headers))...)
		case "env":
			out = append(out, each(name, hidden(f.env))...)
		default:
			out = append(out, given(cmd.Flags().Lookup(name))...)
		}
	}
	return out
}

// given returns one flag as it was given.
func given(flag *pflag.Flag) []string {
	text := flag.Value.String()
	switch flag.Value.Type() {
	case "bool":
		return []string{"--" + flag.Name + "=" + text}
	case "stringSlice", "intSlice":
		text = strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
	}
	return []string{"--" + flag.Name, userInfo.ReplaceAllString(text, "://...@")}
}

// userInfo is the part of a URL that may hold a password.
var userInfo = regexp.MustCompile(`://[^/@\s]*@`)

func withoutUsers(urls []string) []string {
	out := make([]string, len(urls))
	for i, u := range urls {
		out[i] = userInfo.ReplaceAllString(u, "://...@")
	}
	return out
}

func each(name string, values []string) []string {
	var out []string
	for _, v := range values {
		out = append(out, "--"+name, v)
	}
	return out
}

// hidden takes the values out of what may hold a secret.
func hidden(list []string) []string {
	out := make([]string, len(list))
	for i, text := range list {
		at := strings.IndexAny(text, ":=")
		out[i] = text[:at+1] + "..."
	}
	return out
}

// changed returns the flags that were given.
func changed(cmd *cobra.Command) []string {
	var names []string
	cmd.Flags().Visit(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}
