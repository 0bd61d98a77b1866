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
	quick.Get(url) // want `quick.Get has no time limit`
	within := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return short.DialContext(ctx, "unix", "/run/a.sock")
	}}}
	within.Get(url)
	(&http.Client{Transport: &http.Transport{Dial: dialDeadline}}).Get(url)
	(&http.Client{Transport: &http.Transport{Dial: dialPlain}}).Get(url) // want `Get has no time limit`
	set := &http.Client{}
	setTimeout(set)
	set.Get(url)
	(&http.Client{Transport: &timeoutTransport{next: http.DefaultTransport}}).Get(url)
	through, _ := makeTransport()
	(&http.Client{Transport: through}).Get(url) // want `Get has no time limit`
}

func setTimeout(client *http.Client) { client.Timeout = time.Second }

type timeoutTransport struct{ next http.RoundTripper }

func (t *timeoutTransport) RoundTrip(req *http.Request) (*http.Response, error) { return nil, nil }

func dialDeadline(network, address string) (net.Conn, error) {
	conn, err := net.DialTimeout(network, address, time.Second)
	if err == nil {
		err = conn.SetDeadline(time.Now().Add(time.Minute))
	}
	return conn, err
}

func dialPlain(network, address string) (net.Conn, error) {
	return net.DialTimeout(network, address, time.Second)
}

func makeTransport() (*http.Transport, error) { return &http.Transport{Dial: dialPlain}, nil }

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
