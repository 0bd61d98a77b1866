// SPDX-License-Identifier: Apache-2.0

package a

import (
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func breaksSelectOnly() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	for {
		select {
		case <-c: // want "this loop takes SIGTERM and goes on: the program has to be killed"
			log.Println("stopping")
			break
		case <-time.After(time.Second):
			fmt.Println("work")
		}
	}
}

func onlyLogs() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	go func() {
		for s := range c { // want "this loop takes SIGINT and goes on"
			log.Printf("got %v", s.String())
		}
	}()
}

func noCase(reload func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP, syscall.SIGTERM)
	for {
		s := <-c // want "this loop takes SIGTERM and goes on"
		switch s {
		case syscall.SIGHUP:
			reload()
		}
	}
}

func notEqual(reload func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP, syscall.SIGTERM)
	for s := range c { // want "this loop takes SIGTERM and goes on"
		if s != syscall.SIGHUP {
			continue
		}
		reload()
	}
}

func defaultOnlyLogs(reload, stop func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP, syscall.SIGTERM, os.Interrupt)
	for {
		switch s := <-c; s {
		case syscall.SIGHUP:
			reload()
		case os.Interrupt:
			stop()
			return
		default:
			log.Println("unknown")
		}
	}
}

func oneOfThem(stop func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM, os.Interrupt)
	for {
		s := <-c // want "this loop takes SIGINT and goes on"
		switch s {
		case syscall.SIGTERM:
			stop()
		case os.Interrupt:
			log.Println("use SIGTERM")
		}
	}
}

func leaves() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	for {
		select {
		case <-c:
			return
		case <-time.After(time.Second):
		}
	}
}

func leavesByLabel() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
loop:
	for {
		select {
		case <-c:
			log.Println("stopping")
			break loop
		case <-time.After(time.Second):
		}
	}
}

func leavesBehind() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	for {
		select {
		case <-c:
			break
		case <-time.After(time.Second):
			continue
		}
		break
	}
}

func cancels(cancel func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	for s := range c {
		log.Println(s)
		cancel()
	}
}

func closes(done chan struct{}) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	for range c {
		close(done)
	}
}

func counts() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	n := 0
	for n < 2 {
		<-c
		n++
	}
	for {
		log.Println("done")
	}
}

func setsFlag(stopping *bool) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	for range c {
		*stopping = true
	}
}

func exits() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	for range c {
		log.Fatal("bye")
	}
}

func reloads() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	for range c {
		log.Println("reload")
	}
}

func twoHandlers(stop func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	go logs()
	<-c
	stop()
}

func logs() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	for s := range c {
		log.Println(s)
	}
}

func all(reload func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c)
	for s := range c { // want "this loop takes SIGTERM and goes on"
		if s == syscall.SIGHUP {
			reload()
		} else {
			log.Printf("ignore %v", s)
		}
	}
}

func forwards(p *os.Process) {
	c := make(chan os.Signal, 1)
	signal.Notify(c)
	for s := range c {
		p.Signal(s)
	}
}
