// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"
)

var exit = os.Exit

// Settings say where to listen.
type Settings struct{ Addr, Dir string }

// Validate returns an error, but not always.
func (c *Settings) Validate() error {
	if c.Addr == "" {
		log.Fatal("no address") // want `log.Fatal in Validate ends the process of whoever calls it, which expects an error`
	}
	if c.Dir == "" {
		fmt.Println("no directory")
		exit(1) // want `exit in Validate ends the process of whoever calls it, which expects an error`
	}
	switch c.Dir {
	case "/":
		log.Fatal("not there") // want `log.Fatal in Validate ends the process`
	}
	return nil
}

type handling int

const (
	goOn handling = iota
	ExitOnError
)

// Parse does what it is asked for.
func (c *Settings) Parse(on handling) error {
	switch on {
	case ExitOnError:
		os.Exit(2)
	}
	return nil
}

// What cannot happen may well end the process, and what is not for a failure.
func (c *Settings) Check2() (n int, err error) {
	if n < 0 {
		log.Fatal("BUG: negative")
	}
	return n, nil
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		log.Fatalf("method %s", r.Method) // want `log.Fatalf in ServeHTTP ends the process, and each request under way, for the sake of one`
	}
	func() {
		if _, err := os.ReadFile(r.URL.Path); err != nil {
			log.Fatal(err) // want `log.Fatal in ServeHTTP ends the process, and each request`
		}
	}()
}

// OpenAll opens by a helper of its own.
func OpenAll(names []string) error {
	for _, name := range names {
		openOne(name)
	}
	return nil
}

func openOne(name string) {
	f, err := os.Open(name)
	if err != nil {
		log.Fatal(err) // want `log.Fatal in openOne ends the process of whoever calls OpenAll, which expects an error`
	}
	if f == nil {
		log.Fatal("no file")
	}
	mustClose(f)
}

func mustClose(f *os.File) {
	if err := f.Close(); err != nil {
		log.Fatal(err)
	}
}

// Setup is called by nobody that could do anything else.
func Setup() { setupOne("a") }

func setupOne(name string) {
	if err := os.Mkdir(name, 0o700); err != nil {
		log.Fatal(err)
	}
}

// mixed is called by one that returns an error, and one that does not.
func mixed(name string) {
	if err := os.Mkdir(name, 0o700); err != nil {
		log.Fatal(err)
	}
}

func Mixed() error { mixed("a"); return nil }

func Mixed2() { mixed("b") }

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// Bind checks its error with a helper.
func Bind(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	check(err) // want `check in Bind ends the process of whoever calls it, which expects an error`
	return l, nil
}

type closing struct{ srv *http.Server }

func (c *closing) mustStop() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := c.srv.Shutdown(ctx); err != nil {
		log.Fatal(err) // want `log.Fatal in mustStop ends the process of whoever calls it`
	}
	if err := c.srv.Close(); err != nil {
		log.Fatal(err)
	}
}

// NewRemote takes its address apart with a helper.
func NewRemote(addr string) *Server {
	host := hostOf(addr)
	prepare(host)
	return &Server{}
}

func hostOf(addr string) string {
	u, err := url.Parse(addr)
	if err != nil {
		log.Fatal(err) // want `log.Fatal in hostOf ends the process of whoever calls NewRemote`
	}
	return u.Host
}

// prepare is also called by Prepare, which may be of a program's start.
func prepare(host string) {
	if err := os.Mkdir(host, 0o700); err != nil {
		log.Fatal(err)
	}
}

func Prepare() { prepare("a") }

// NewStore and StartStore are innocent: it is about what has to be written, and about a start.
func NewStore() *Server {
	s := &Server{}
	s.writeAll()
	return s
}

func (s *Server) writeAll() {
	if err := s.save("x"); err != nil {
		log.Fatal(err)
	}
}

func StartStore() { lookUp() }

func lookUp() {
	if _, err := net.LookupHost("a"); err != nil {
		log.Fatal(err)
	}
}

// MustNew says it.
func MustNew() *Server { lookUpAll(); return &Server{} }

func lookUpAll() {
	if _, err := net.LookupHost("a"); err != nil {
		log.Fatal(err)
	}
}
