// SPDX-License-Identifier: Apache-2.0

package user

import "helper"

func Start() { helper.Ignore() } // want Start:"installs"

func Other() { helper.Nothing() }
