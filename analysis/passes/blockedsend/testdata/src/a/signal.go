// SPDX-License-Identifier: Apache-2.0

package a

import "os"

// The goroutine waits for a signal if nothing else has ended the program.
func serves(signals chan os.Signal, serve func() error, stop func() error) error {
	stopped := make(chan error)
	go func() {
		<-signals
		stopped <- stop()
	}()
	if err := serve(); err != nil {
		return err
	}
	return <-stopped
}
