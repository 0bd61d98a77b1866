// SPDX-License-Identifier: Apache-2.0

// Package strict reads documents in YAML and JSON into structs. What does not fit is
// named with its line: a field that there is not, one that is there twice, a value of
// another type. Where everything is in the file is remembered.
//
// The fields have the names of their json tags, as the types of k8s.io/api have them.
package strict
