// SPDX-License-Identifier: Apache-2.0

package main

import "C" // nothing of it is called: what matters is that it is linked
