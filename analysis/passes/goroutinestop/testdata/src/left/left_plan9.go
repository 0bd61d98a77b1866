// SPDX-License-Identifier: Apache-2.0

package left

const supported = false
