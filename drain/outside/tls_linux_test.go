// SPDX-License-Identifier: Apache-2.0

package outside

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The files of a certificate in its folder.
const (
	rootsFile = "roots.pem" // of the authority that signed it, for clients
	chainFile = "chain.pem"
	keyFile   = "key.pem"
)

// certificate makes an authority and a certificate of it for 127.0.0.1, and
// returns the folder they are in.
func certificate(t *testing.T) string {
	t.Helper()
	authority := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "authority of a test"},
		NotAfter:              time.Now().Add(24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	server := &x509.Certificate{
		SerialNumber: big.NewInt(2),
		Subject:      pkix.Name{CommonName: "server of a test"},
		NotAfter:     authority.NotAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	signer, key := newKey(t), newKey(t)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	writePEM(t, filepath.Join(folder, rootsFile), "CERTIFICATE", sign(t, authority, authority, signer, signer))
	writePEM(t, filepath.Join(folder, chainFile), "CERTIFICATE", sign(t, server, authority, key, signer))
	writePEM(t, filepath.Join(folder, keyFile), "PRIVATE KEY", keyDER)
	return folder
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t *testing.T, c, authority *x509.Certificate, key, signer *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, c, authority, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func writePEM(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// certified returns the configuration of a server with the certificate in folder.
func certified(folder string) *tls.Config {
	c, err := tls.LoadX509KeyPair(filepath.Join(folder, chainFile), filepath.Join(folder, keyFile))
	if err != nil {
		panic(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{c}}
}

// trusting returns the configuration of a client that trusts the authorities in
// a file.
func trusting(file string) *tls.Config {
	text, err := os.ReadFile(file)
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		panic("no certificate in " + file)
	}
	return &tls.Config{RootCAs: roots}
}
