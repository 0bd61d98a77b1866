// SPDX-License-Identifier: Apache-2.0

package a

import (
	"errors"
	"log"
	"os"
	"os/exec"
)

func Load(name string) ([]byte, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		log.Fatal(err) // want `log.Fatal in Load ends the process of whoever calls it, which expects an error`
	}
	return data, nil
}

type Server struct{}

func (s *Server) Start() error {
	if _, err := Load("a"); err != nil {
		log.Println(err)
		os.Exit(1) // want `os.Exit in Start ends the process of whoever calls it, which expects an error`
	}
	return nil
}

// Their names say it.
func MustLoad(name string) ([]byte, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		log.Fatal(err)
	}
	return data, err
}

// It is not an error of its own.
func Relay(cmd *exec.Cmd) error {
	if err := cmd.Run(); err != nil {
		os.Exit(cmd.ProcessState.ExitCode())
	}
	return nil
}

func Impossible(n int) error {
	if n < 0 {
		log.Fatal("impossible: negative")
	}
	return nil
}

func load(name string) error {
	_, err := os.ReadFile(name)
	if err != nil {
		log.Fatal(err) // want `log.Fatal in load ends the process`
	}
	return err
}

func migrations() []func() error {
	return []func() error{
		func() error {
			if err := load("a"); err != nil {
				log.Fatal(err) // want `log.Fatal in migrations ends the process of whoever calls it, which expects an error`
			}
			return nil
		},
	}
}

func NewServer(name string) *Server {
	if err := load(name); err != nil {
		log.Fatal(err) // want `log.Fatal in NewServer ends the process of whoever calls it`
	}
	return &Server{}
}

// It is of a program, which calls it at its start.
func NewContext(name string) {
	if err := load(name); err != nil {
		log.Fatal(err)
	}
}

// It may be of a program.
func Config(name string) []byte {
	data, err := os.ReadFile(name)
	if err != nil {
		log.Fatal(err)
	}
	return data
}

func Off(name string) error {
	if err := load(name); err != nil {
		log.Fatal(err) //quiesce:ignore exitlibrary the data is corrupt, and nothing may write any more
	}
	return nil
}

// Names is a method of something that a running program has.
func (s *Server) Names() []string {
	if err := load("names"); err != nil {
		log.Fatal(err) // want `log.Fatal in Names ends the process of whoever calls it`
	}
	return nil
}

// Accept cannot tell its caller any more, but it could hand the error over.
func Accept(name string) {
	go func() {
		if err := load(name); err != nil {
			log.Fatal(err) // want `log.Fatal in Accept ends the process from a goroutine: nobody can act on the error`
		}
	}()
	go func() {
		if err := load(name); err != nil && err != os.ErrExist {
			log.Fatal(err) // want `log.Fatal in Accept ends the process from a goroutine: nobody can act on the error`
		}
		if err := load(name); !errors.Is(err, os.ErrExist) {
			log.Fatal(err) // want `log.Fatal in Accept ends the process from a goroutine: nobody can act on the error`
		}
		if err := load(name); errors.Is(err, os.ErrExist) {
			log.Fatal(err)
		}
	}()
	each := func() {
		if err := load(name); err != nil {
			log.Fatal(err)
		}
	}
	each()
	go func() {
		if name == "" {
			log.Fatal("impossible")
		}
	}()
}
