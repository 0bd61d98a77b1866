// SPDX-License-Identifier: Apache-2.0

package a

import (
	"errors"
	"log"
	"os"
)

type transport struct{ cert []byte }

func (t *transport) reloadCertificates() {
	cert, err := os.ReadFile("cert.pem")
	if err != nil {
		log.Fatalf("cannot load: %v", err) // want `log.Fatalf in reloadCertificates ends a process that could go on with what it has`
	}
	t.cert = cert
}

func (t *transport) readCertificates() {
	cert, err := os.ReadFile("cert.pem")
	if err != nil {
		log.Fatalf("cannot load: %v", err)
	}
	t.cert = cert
}

func mode(name string) error {
	switch name {
	case "file":
		return nil
	case "database":
		return errors.New("no database")
	default:
		log.Fatalf("unknown mode %q", name) // want `log.Fatalf in mode ends the process of whoever calls it, which expects an error`
	}
	return nil
}

func number(name string) int {
	switch name {
	case "one":
		return 1
	default:
		log.Fatalf("unknown number %q", name)
	}
	return 0
}

// Begin is exported, and yet may be of a program's own set-up.
func (t *transport) Begin() { t.readCertificates() }
