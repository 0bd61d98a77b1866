// SPDX-License-Identifier: Apache-2.0

package servers

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

const nginxConf = `%[3]spid %[1]s/nginx.pid;
error_log stderr;
worker_processes 2;
events {}
http {
	access_log off;
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	server {
		listen 127.0.0.1:%[2]s;
		root %[1]s/www;
		location /items/ {
			dav_methods PUT;
		}
	}
}
`

const foreground = "daemon off;"

// nginx returns a drill of nginx in the foreground, as its container image runs it.
func nginx(t *testing.T, signal string) drill.Config {
	path, dir, port := program(t, "nginx", "nginx"), t.TempDir(), freePort(t)
	user := ""
	if os.Getuid() == 0 {
		user = "user root;\n" // others do not get into the directory
	}
	write(t, dir, "www/index.html", "hello\n")
	write(t, dir, "www/items/none", "")
	conf := write(t, dir, "nginx.conf", fmt.Sprintf(nginxConf, dir, port, user))
	c := drill.Config{Loads: loadsOverHTTP(port), Situations: overHTTP}
	c.Setup.Command, c.Setup.Signal = []string{path, "-e", "stderr", "-c", conf, "-g", foreground}, signal
	return c
}

// What nginx calls a graceful shutdown closes connections on which a request arrives, and
// drops those that wait to be accepted; it waits for whoever has said nothing. What it has
// stored is there.
func TestNginxQuit(t *testing.T) {
	c := nginx(t, "SIGQUIT")
	c.Write = &load.Request{Method: "PUT", Path: "/items/{id}", Body: "{id}"}
	c.Read, c.ReadContains = &load.Request{Path: "/items/{id}"}, true
	run := drilled(t, c, expectation{
		verdict: record.Fail,
		fails:   []string{"exits", "exits-in-time", "handshake"},
		races:   everyFail(),
	})
	if !slices.Contains(checks(run, record.Pass), "writes-survive") {
		t.Error("writes-survive does not pass")
	}
}

// What it calls a fast shutdown is one.
func TestNginxTerm(t *testing.T) {
	drilled(t, nginx(t, "SIGTERM"), expectation{
		verdict: record.Fail,
		fails:   []string{"half-body"},
		races:   everyFail(),
	})
}

// haproxyConf has the timeouts of the configuration that Debian ships.
const haproxyConf = `global
	%s
defaults
	%s
	mode http
	timeout connect 5000
	timeout client 50000
	timeout server 50000
frontend all
	bind 127.0.0.1:%s
	http-request return status 200 content-type text/plain string hello
`

func haproxy(t *testing.T, signal, global, defaults string) drill.Config {
	path, dir, port := program(t, "haproxy", "haproxy"), t.TempDir(), freePort(t)
	conf := write(t, dir, "haproxy.cfg", fmt.Sprintf(haproxyConf, global, defaults, port))
	c := drill.Config{Loads: loadsOverHTTP(port), Situations: overHTTP}
	c.Setup.Command, c.Setup.Signal = []string{path, "-db", "-f", conf}, signal
	return c
}

// The soft stop answers what it has accepted, and waits for whoever says nothing.
func TestHAProxySoftStop(t *testing.T) {
	drilled(t, haproxy(t, "SIGUSR1", "", ""), expectation{
		verdict: record.Fail,
		fails:   []string{"exits", "exits-in-time", "handshake"},
		races:   everyFail(),
	})
}

// An end to that can be set, and kept connections can be left to their next answer. What
// waits to be accepted is dropped all the same.
func TestHAProxySoftStopConfigured(t *testing.T) {
	c := haproxy(t, "SIGUSR1", "hard-stop-after 2s", "option idle-close-on-response")
	c.Setup.Rounds = 20 // each is short, with few requests around it
	drilled(t, c, expectation{
		verdict: record.Pass,
		races:   everyFail(),
	})
}

// TERM kills.
func TestHAProxyTerm(t *testing.T) {
	drilled(t, haproxy(t, "SIGTERM", "", ""), expectation{
		verdict: record.Fail,
		fails:   []string{"exit-code", "half-body"},
		races:   everyFail(),
	})
}

const caddyfile = `{
	admin off
	auto_https off
}
http://127.0.0.1:%s {
	respond "hello"
}
`

// Caddy stops as net/http does.
func TestCaddyTerm(t *testing.T) {
	path, dir, port := program(t, "caddy", "caddy"), t.TempDir(), freePort(t)
	conf := write(t, dir, "Caddyfile", fmt.Sprintf(caddyfile, port))
	c := drill.Config{Loads: loadsOverHTTP(port), Situations: overHTTP}
	c.Setup.Command = []string{path, "run", "--adapter", "caddyfile", "--config", conf}
	c.Env = []string{"HOME=" + dir, "XDG_DATA_HOME=" + dir, "XDG_CONFIG_HOME=" + dir}
	drilled(t, c, expectation{
		verdict: record.Fail,
		fails:   []string{"exits", "exits-in-time", "repeated-signal"},
		races:   everyFail(),
	})
}
