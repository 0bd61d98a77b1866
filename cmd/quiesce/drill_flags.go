// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/target"
	"github.com/go-quiesce/quiesce/quiescetest/load"
)

// drillFlags are the command line of drill.
type drillFlags struct {
	urls, headers, env              []string
	method, body, contains          string
	write, read, signal, upgrade    string
	situations, replay, file, ca    string
	format, colors                  string
	connections                     int
	rate                            float64
	think                           time.Duration
	rolling, dryRun, insecure, keep bool
	files                           map[string]*string
	cfg                             drill.Config
}

func (f *drillFlags) register(cmd *cobra.Command) {
	s, c, fs := &f.cfg.Setup, &f.cfg, cmd.Flags()
	fs.SortFlags = false
	fs.StringArrayVar(&f.urls, "url", nil, "what clients ask for; may be repeated")
	fs.StringVar(&s.Ready, "ready", "", "`URL` of the readiness probe")
	fs.StringVar(&s.Live, "live", "", "`URL` of the liveness probe")
	fs.DurationVar(&s.Grace, "grace", drill.DefaultGrace, "how long a stop may take")
	fs.DurationVar(&s.Delay, "readiness-delay", 0, "how long it has to serve new connections after readiness is off")
	fs.StringVar(&f.signal, "signal", "TERM", "that asks for the stop")
	fs.IntSliceVar(&s.Codes, "exit-codes", []int{0}, "that are allowed after a stop")

	fs.BoolVar(&f.rolling, "rolling", false, "start a successor before each stop, as in a rolling update")
	fs.StringVar(&f.upgrade, "upgrade", "", "`signal` on which the server replaces itself, instead of stopping it")
	fs.StringVar(&f.situations, "situations", usually, "what to try beside load and one signal: default, all, none, or names; -name takes one out")
	fs.StringVar(&f.write, "write", "", "`METHOD URL` of writes whose acknowledgement has to hold, with {id} in it")
	fs.StringVar(&f.read, "read", "", "`METHOD URL` that gives what was written under {id}")
	fs.StringVar(&f.contains, "write-body", "{id}", "what is written")
	fs.BoolVar(&c.ReadContains, "read-contains-id", false, "what is read has to contain the id")

	fs.IntVar(&f.connections, "connections", drill.DefaultConnections, "clients of each kind")
	fs.Float64Var(&f.rate, "rate", 0, "requests a second that are due, over all connections of a kind; 0: 100 for each connection")
	fs.DurationVar(&f.think, "think", 0, "wait so long after each answer instead of keeping to a rate")
	fs.StringVar(&f.method, "method", "", "of HTTP requests; GET, or POST with a body")
	fs.StringVar(&f.body, "body", "", "of HTTP requests, or @file")
	fs.StringArrayVar(&f.headers, "header", nil, "`Name: value` of HTTP requests; may be repeated")
	fs.StringVar(&f.ca, "ca", "", "`file` with the certificates to trust")
	fs.BoolVar(&f.insecure, "insecure", false, "trust every certificate")
	fs.StringVar(&f.file, "config", "", "YAML `file` with clients of several kinds; see docs/drill.md")

	fs.StringSliceVar(&s.Skip, "skip", nil, "`checks` that do not count")
	fs.IntVar(&s.Rounds, "rounds", 0, "how many stops to make; 0: as many as fit into the duration")
	fs.DurationVar(&s.Duration, "duration", drill.DefaultDuration, "how long to go on")
	fs.IntVar(&s.MinStops, "min-stops", drill.DefaultMinStops, "no PASS with fewer")
	fs.IntVar(&s.MinSent, "min-requests", drill.DefaultMinSent, "no PASS with fewer around the stops")
	fs.Uint64Var(&s.Seed, "seed", 0, "of everything that is drawn; 0: drawn")
	fs.StringVar(&f.replay, "replay", "", "make only rounds with this `schedule`, as a report gives it")
	fs.BoolVar(&f.keep, "no-shrink", false, "do not look for a smaller schedule that fails")
	fs.BoolVar(&f.dryRun, "dry-run", false, "print what would be done, and do nothing")

	fs.IntVar(&s.PID, "pid", 0, "of a server that runs already; it is stopped once, or followed through its upgrades")
	fs.StringVar(&s.Unit, "unit", "", "systemd unit of the server, instead of a command")
	fs.StringVar(&c.Dir, "dir", "", "where the server runs")
	fs.StringArrayVar(&f.env, "env", nil, "`NAME=value` for the server's environment; may be repeated")
	fs.BoolVar(&c.Remote, "allow-remote", false, "allow URLs of other machines")

	fs.StringVar(&f.format, "format", "text", "of standard output: text, json, junit, sarif, markdown or html")
	f.files = map[string]*string{}
	for _, format := range sortedFormats() {
		f.files[format] = fs.String(format, "", "`file` for the report as "+format)
	}
	fs.StringVar(&f.colors, "color", "auto", "auto, always or never")
	completeDrill(cmd)
}

// colorModes are the values of --color.
var colorModes = []string{"auto", "always", "never"}

func sortedFormats() []string { return slices.Sorted(maps.Keys(formats)) }

// config makes the drill's configuration of the flags.
func (f *drillFlags) config(cmd *cobra.Command, command []string) (drill.Config, error) {
	c := f.cfg
	s := &c.Setup
	s.Command, c.Env, c.Tool, c.Shrink = command, f.env, buildVersion(), !f.keep
	if s.Rounds > 0 && !cmd.Flags().Changed("duration") {
		s.Duration = 0
	}
	c.Flags = f.repeat(cmd)
	err := errors.Join(f.checkForm(), f.checkNumbers(cmd), f.setSignals(&c), f.setSituations(&c), f.setLoads(&c), f.setWrites(&c), f.setReplay(&c))
	return c, err
}

func (f *drillFlags) setSignals(c *drill.Config) error {
	sig, err := signalFlag("signal", f.signal)
	c.Setup.Signal = target.SignalName(sig)
	if err != nil {
		return err
	}
	switch {
	case f.rolling && f.upgrade != "":
		return errors.New("--rolling and --upgrade: choose one")
	case f.rolling:
		c.Setup.Mode = record.Rolling
	case f.upgrade != "":
		c.Setup.Mode = record.Upgrade
		c.Upgrade, err = signalFlag("upgrade", f.upgrade)
	}
	return err
}

// signalFlag reads a signal with or without SIG.
func signalFlag(flag, text string) (syscall.Signal, error) {
	name := strings.ToUpper(text)
	if !strings.HasPrefix(name, "SIG") {
		name = "SIG" + name
	}
	sig, err := target.ParseSignal(name)
	if err != nil {
		return 0, fmt.Errorf("--%s %s: %w", flag, text, err)
	}
	if slices.Contains([]string{"SIGKILL", "SIGSTOP", "SIGCONT"}, name) {
		return 0, fmt.Errorf("--%s %s: no server can answer it", flag, text)
	}
	return sig, nil
}

// usually is the name of the situations that are tried if nobody says otherwise.
const usually = "default"

// Situations that are not tried unless they are asked for: most servers that are right
// for their purpose do not survive them.
var unusual = []record.Situation{record.HUP, record.USR1, record.Shell}

func (f *drillFlags) setSituations(c *drill.Config) error {
	chosen := []record.Situation{}
	all := record.Situations()
	all = slices.DeleteFunc(all, func(s record.Situation) bool { return s == record.Plain }) // is always tried
	usual := slices.DeleteFunc(slices.Clone(all), func(s record.Situation) bool { return slices.Contains(unusual, s) })
	if f.situations == usually && (f.rolling || f.upgrade != "" || f.replay != "") {
		return nil // there the server is not simply stopped, or only as the schedule says
	}
	for word := range strings.SplitSeq(f.situations, ",") {
		name, out := strings.CutPrefix(strings.TrimSpace(word), "-")
		s := record.Situation(name)
		switch {
		case out:
			chosen = slices.DeleteFunc(chosen, func(other record.Situation) bool { return other == s })
		case name == usually:
			chosen = append(chosen, usual...)
		case name == "all":
			chosen = append(chosen, all...)
		case name != "none":
			chosen = append(chosen, s)
		}
		if name != usually && name != "all" && name != "none" && !slices.Contains(all, s) {
			return fmt.Errorf("--situations: no situation %q; there are %s", name, joined(all))
		}
	}
	for _, s := range chosen {
		if !slices.Contains(c.Situations, s) {
			c.Situations = append(c.Situations, s)
		}
	}
	return nil
}

func joined(all []record.Situation) string {
	names := make([]string, len(all))
	for i, s := range all {
		names[i] = string(s)
	}
	return strings.Join(names, ", ")
}

func (f *drillFlags) setWrites(c *drill.Config) error {
	for _, t := range []struct {
		flag, text string
		to         **load.Request
	}{{"write", f.write, &c.Write}, {"read", f.read, &c.Read}} {
		if t.text == "" {
			continue
		}
		method, url, ok := strings.Cut(t.text, " ")
		if !ok || !strings.Contains(t.text, "{id}") && t.flag == "read" {
			return fmt.Errorf("--%s %q: want METHOD URL, with {id} in it", t.flag, t.text)
		}
		if err := f.checkTemplate(method, url); err != nil {
			return fmt.Errorf("--%s: %w", t.flag, err)
		}
		r, err := f.request(url)
		if err != nil {
			return err
		}
		r.Method, r.Path, r.Body = method, pathOf(url), ""
		if t.flag == "write" {
			r.Body = f.contains
		}
		*t.to = &r
	}
	return nil
}

// pathOf returns what follows the host of a URL as it stands, "{id}" included.
func pathOf(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		return rest[i:]
	}
	return "/"
}

func (f *drillFlags) setReplay(c *drill.Config) error {
	if f.replay == "" {
		return nil
	}
	s, err := record.ParseSchedule(f.replay)
	if err != nil {
		return fmt.Errorf("--replay: %w", err)
	}
	c.Replay = &s
	return nil
}

// request is the one that the flags make for a URL.
func (f *drillFlags) request(url string) (load.Request, error) {
	r := load.Request{Method: f.method, Body: f.body, Header: http.Header{}}
	if file, ok := strings.CutPrefix(f.body, "@"); ok {
		text, err := os.ReadFile(file)
		if err != nil {
			return r, fmt.Errorf("--body: %w", err)
		}
		r.Body = string(text)
	}
	for _, h := range f.headers {
		name, value, ok := strings.Cut(h, ":")
		if !ok || !isToken(name) || strings.ContainsAny(value, "\r\n") {
			return r, fmt.Errorf("--header %q: want Name: value", h)
		}
		r.Header.Add(name, strings.TrimSpace(value))
	}
	var err error
	if secured(url) {
		r.TLS, err = f.tls()
	}
	return r, err
}

func (f *drillFlags) tls() (*tls.Config, error) {
	config := &tls.Config{InsecureSkipVerify: f.insecure}
	if f.ca == "" {
		return config, nil
	}
	text, err := os.ReadFile(f.ca)
	if err != nil {
		return nil, fmt.Errorf("--ca: %w", err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("--ca %s: no certificate in it", f.ca)
	}
	return config, nil
}

func (f *drillFlags) isTerminal(w io.Writer) bool { return isTerminal(w) && os.Getenv("CI") == "" }

// color says whether what goes to w is to have colours; see no-color.org.
func (f *drillFlags) color(w io.Writer) bool {
	switch f.colors {
	case "always":
		return true
	case "never":
		return false
	}
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// width returns how many columns a report may have.
func width(io.Writer) int {
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n >= 60 {
		return n
	}
	return 100
}
