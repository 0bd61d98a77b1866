// SPDX-License-Identifier: Apache-2.0

package a

import (
	"log"
	"os"
)

// Replace cannot go back once the old file is gone.
func Replace(name string) error {
	old, err := os.Open(name)
	if err != nil {
		return err
	}
	if err := old.Close(); err != nil {
		log.Fatal(err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		log.Fatal(err)
	}
	return nil
}

// One exit between errors that are returned is an oversight.
func Listen(name string) error {
	if err := os.Mkdir(name, 0o700); err != nil {
		return err
	}
	if err := os.Chmod(name, 0o700); err != nil {
		log.Fatal(err) // want `log.Fatal in Listen ends the process`
	}
	if err := os.Chdir(name); err != nil {
		log.Fatal(err) // want `log.Fatal in Listen ends the process`
	}
	if err := os.Remove(name); err != nil {
		return err
	}
	return nil
}
