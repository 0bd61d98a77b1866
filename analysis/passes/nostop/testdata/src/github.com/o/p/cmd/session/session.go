// SPDX-License-Identifier: Apache-2.0

// Command session serves its standard input, which ends.
package main

import (
	"log"
	"os"

	"github.com/o/p/store"
	"github.com/o/sftp"
)

func main() {
	log.Print(store.Handler())
	server := sftp.NewServer(os.Stdin)
	defer server.Close()
	if err := server.Serve(); err != nil {
		log.Print(err)
	}
}
