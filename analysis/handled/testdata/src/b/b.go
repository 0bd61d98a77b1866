// SPDX-License-Identifier: Apache-2.0

package main // want `^{"package":"b"}$`

func main() { select {} }
