// SPDX-License-Identifier: Apache-2.0

package connect

type Request struct{}

type Response struct{}
