// SPDX-License-Identifier: Apache-2.0

// Package audit finds in manifests what will lose requests or work when a server is
// stopped, rolled out or evicted.
//
// A rule is a folder in rules: its texts, an example that breaks it and one that does
// not. What checks it is in the package of its kind of document, such as kubernetes; a kind is
// one word in [Kinds]. Users add rules as CEL in a configuration file; see [Config].
package audit
