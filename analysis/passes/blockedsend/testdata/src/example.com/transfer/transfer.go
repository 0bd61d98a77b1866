// SPDX-License-Identifier: Apache-2.0

package transfer

import "io"

func Out(w io.Writer, ch <-chan string) error {
	for s := range ch {
		if _, err := io.WriteString(w, s); err != nil {
			return err
		}
	}
	return nil
}
