// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

func TestDefaults(t *testing.T) {
	c := Config{
		Setup: record.Setup{Command: []string{"x"}},
		Loads: []LoadConfig{
			{LoadSetup: record.LoadSetup{URL: "http://user:secret@127.0.0.1:1/a"}},
			{LoadSetup: record.LoadSetup{URL: "http://127.0.0.1:1/", NewConn: true}},
			{LoadSetup: record.LoadSetup{URL: "http://127.0.0.1:1/events", Protocol: record.SSE}},
		},
	}
	c.SetDefaults()
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	s := &c.Setup
	if s.Signal != "SIGTERM" || s.Grace != DefaultGrace || s.Duration != DefaultDuration || s.Mode != record.Restart || s.Seed == 0 ||
		len(s.Codes) != 1 || s.Codes[0] != 0 {
		t.Errorf("defaults %+v", s)
	}
	for i, want := range []string{"keepalive", "new", "sse"} {
		if got := s.Loads[i]; got.Name != want || got.Connections != DefaultConnections || got.Long != (want == "sse") {
			t.Errorf("load %d: %+v, want %s", i, got, want)
		}
	}
	if strings.Contains(s.Loads[0].URL, "secret") || !strings.Contains(c.Loads[0].URL, "secret") {
		t.Errorf("the record has %q, the load %q", s.Loads[0].URL, c.Loads[0].URL)
	}
	seed := s.Seed
	if c.SetDefaults(); c.Setup.Seed != seed {
		t.Error("set anew, the seed is another")
	}
}

func TestCheckNamesTheFlag(t *testing.T) {
	for _, tt := range []struct {
		want  string
		spoil func(*Config)
	}{
		{"no server", func(c *Config) { c.Setup.Command = nil }},
		{"one of a command", func(c *Config) { c.Setup.PID = 5 }},
		{"--signal SIGFOO", func(c *Config) { c.Setup.Signal = "SIGFOO" }},
		{"--signal SIGKILL", func(c *Config) { c.Setup.Signal = "SIGKILL" }},
		{"--grace", func(c *Config) { c.Setup.Grace = -1 }},
		{"--readiness-delay -1", func(c *Config) { c.Setup.Delay = -1 }},
		{"--readiness-delay 1m", func(c *Config) { c.Setup.Delay = time.Minute }},
		{"--rounds", func(c *Config) { c.Setup.Rounds = -1 }},
		{"--duration", func(c *Config) { c.Setup.Duration = -1 }},
		{"--exit-codes 256", func(c *Config) { c.Setup.Codes = []int{0, 256} }},
		{"--url: no load", func(c *Config) { c.Loads = nil }},
		{"there are two", func(c *Config) { c.Loads = append(c.Loads, c.Loads[0]) }},
		{"want a name", func(c *Config) { c.Loads[0].Name = "a b" }},
		{"--connections -1", func(c *Config) { c.Loads[0].Connections = -1 }},
		{"--rate", func(c *Config) { c.Loads[0].Rate = -1 }},
		{"--think", func(c *Config) { c.Loads[0].Think = -1 }},
		{"needs a kind", func(c *Config) { c.Loads[0].Protocol = record.GRPC }},
		{"want a URL", func(c *Config) { c.Loads[0].URL = "127.0.0.1" }},
		{"has no port", func(c *Config) { c.Loads[0].URL = "tcp://127.0.0.1" }},
		{"--allow-remote", func(c *Config) { c.Loads[0].URL = "http://192.0.2.1:80/" }},
		{"--ready: ", func(c *Config) { c.Setup.Ready = "tcp://127.0.0.1:1/" }},
		{"--live: ", func(c *Config) { c.Setup.Live = "http://example.com/" }},
		{"need each other", func(c *Config) { c.Write = new(load.Request) }},
		{"--situations", func(c *Config) { c.Situations = []record.Situation{"odd"} }},
		{"--rolling", func(c *Config) { c.Setup.Mode, c.Loads[0].URL = record.Rolling, "http://127.0.0.1:80/" }},
		{"--upgrade", func(c *Config) { c.Setup.Mode = record.Upgrade }},
		{"--upgrade", func(c *Config) { c.Upgrade = syscall.SIGTERM }},
		{`mode "odd"`, func(c *Config) { c.Setup.Mode = "odd" }},
		{"no load \"h2\"", func(c *Config) { c.Replay = replay(t, "plain/TERM@1ms/h2") }},
		{"--replay: ", func(c *Config) { c.Replay = replay(t, "plain/FOO@1ms/keepalive") }},
		{"situation twice", func(c *Config) {
			c.Setup.Mode, c.Replay = record.Rolling, replay(t, "twice/TERM@1ms/keepalive")
		}},
	} {
		c := usual()
		tt.spoil(&c)
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error = %v, want one with %q", err, tt.want)
		}
	}
}

func replay(t *testing.T, text string) *record.Schedule {
	t.Helper()
	s, err := record.ParseSchedule(text)
	if err != nil {
		t.Fatal(err)
	}
	return &s
}

func TestAim(t *testing.T) {
	for _, tt := range []struct {
		url  string
		want aim
	}{
		{"http://127.0.0.1:80/a?b=c", aim{scheme: "http", addr: "127.0.0.1:80", path: "/a?b=c"}},
		{"https://[::1]", aim{scheme: "https", addr: "[::1]:443", path: "/", secure: true}},
		{"tcp://localhost:5", aim{scheme: "tcp", addr: "localhost:5", path: "/"}},
		{"wss://localhost/ws", aim{scheme: "wss", addr: "localhost:443", path: "/ws", secure: true}},
	} {
		tt.want.url = tt.url
		if got, err := parseAim(tt.url); err != nil || got != tt.want {
			t.Errorf("got %+v, %v; want %+v", got, err, tt.want)
		}
	}
}

// A client of a server that is down must not get the server's port for its own.
func TestFreePortIsNoClients(t *testing.T) {
	for range 20 {
		port, err := freePort()
		if err != nil {
			t.Fatal(err)
		}
		if first := firstEphemeral(); port < 1024 || first > 10000 && port >= first {
			t.Errorf("port %d, the kernel's begin at %d", port, first)
		}
	}
}
