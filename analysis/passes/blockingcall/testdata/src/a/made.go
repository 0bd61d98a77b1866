// SPDX-License-Identifier: Apache-2.0

package a

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/oauth2/google"
)

type discovery struct{ cloud, slow, quick *http.Client }

func newDiscovery(secure bool) (*discovery, error) {
	ctx := context.Background()
	cloud, err := google.DefaultClient(ctx, "read")
	if err != nil {
		return nil, err
	}
	var slow, quick *http.Client
	if secure {
		slow = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{}}}
		quick = &http.Client{}
	} else {
		slow = &http.Client{}
		quick = &http.Client{Timeout: time.Second}
	}
	return &discovery{cloud: cloud, slow: slow, quick: quick}, nil
}

func (d *discovery) ask(url string) {
	page(d.cloud, url)
	d.slow.Get(url) // want `d.slow.Get has no time limit`
	d.quick.Get(url)
}

func page(client *http.Client, url string) { next(client, url) }

func next(client *http.Client, url string) {
	client.Get(url) // want `client.Get has no time limit`
}

func newValue() (*http.Client, error) {
	client := http.Client{}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client, nil
}

func values(url string) {
	made, _ := newValue()
	made.Get(url) // want `made.Get has no time limit`
	limited, _ := newLimited()
	limited.Get(url)
	set, _ := newValue()
	set.Timeout = time.Second
	set.Get(url)
}

func from(url string, local net.Addr) {
	dialer := &net.Dialer{}
	if local != nil {
		dialer = &net.Dialer{LocalAddr: local}
	}
	client := &http.Client{Transport: &http.Transport{Dial: dialer.Dial}}
	client.Get(url) // want `client.Get has no time limit`
	short := &net.Dialer{Timeout: time.Second}
	quick := &http.Client{Transport: &http.Transport{DialContext: short.DialContext}}
	quick.Get(url)
}

type tokens struct{ opt struct{ Command string } }

func (t *tokens) fetch() error { return t.run(t.opt.Command) }

func (t *tokens) run(line string) error {
	var (
		args = strings.Split(line, " ")
		cmd  = exec.Command(args[0], args[1:]...) // want `exec.Command has no time limit: a command of the configuration that hangs holds its caller`
	)
	var err = cmd.Run()
	return err
}
