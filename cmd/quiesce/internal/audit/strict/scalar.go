// SPDX-License-Identifier: Apache-2.0

package strict

import (
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// scalar reads a string, a number or a boolean. A number is no string: the API server
// refuses it, too.
func (d *decoder) scalar(n *yaml.Node, v reflect.Value, at *path) {
	want, ok := "", false
	tag := n.ShortTag()
	switch {
	case v.Kind() == reflect.String:
		want, ok = "a string", n.Kind == yaml.ScalarNode && tag != "!!int" && tag != "!!float" && tag != "!!bool"
		if ok {
			v.SetString(n.Value)
		} else if n.Kind == yaml.ScalarNode {
			want = "a string in quotes"
		}
	case v.Kind() == reflect.Bool:
		want, ok = "true or false", setBool(n, v)
	case v.CanInt():
		want, ok = "a whole number", tag == "!!int" && setInt(n, v)
	case v.CanUint():
		want, ok = "a whole number that is not negative", tag == "!!int" && setUint(n, v)
	case v.CanFloat():
		want, ok = "a number", (tag == "!!float" || tag == "!!int") && setFloat(n, v)
	default:
		want = "a " + v.Kind().String()
	}
	if !ok {
		d.mismatch(n, want, at)
	}
}

// setBool knows the words of YAML 1.1, which the tools of Kubernetes take.
func setBool(n *yaml.Node, v reflect.Value) bool {
	if n.Kind != yaml.ScalarNode || n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		return false
	}
	switch strings.ToLower(n.Value) {
	case "true", "yes", "on", "y":
		v.SetBool(true)
	case "false", "no", "off", "n":
		v.SetBool(false)
	default:
		return false
	}
	return true
}

func setInt(n *yaml.Node, v reflect.Value) bool {
	i, err := strconv.ParseInt(n.Value, 0, 64)
	if err != nil || v.OverflowInt(i) {
		return false
	}
	v.SetInt(i)
	return true
}

func setUint(n *yaml.Node, v reflect.Value) bool {
	i, err := strconv.ParseUint(n.Value, 0, 64)
	if err != nil || v.OverflowUint(i) {
		return false
	}
	v.SetUint(i)
	return true
}

func setFloat(n *yaml.Node, v reflect.Value) bool {
	f, err := strconv.ParseFloat(n.Value, 64)
	if err != nil {
		return false
	}
	v.SetFloat(f)
	return true
}
