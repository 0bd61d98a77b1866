// SPDX-License-Identifier: Apache-2.0

package drill

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/target"
)

// What SetDefaults fills in.
const (
	DefaultSignal      = "SIGTERM"
	DefaultGrace       = 10 * time.Second
	DefaultDuration    = 25 * time.Second // a verdict within half a minute
	DefaultConnections = 16
	DefaultMinStops    = 10
	DefaultMinSent     = 1000
	DefaultReplays     = 10 // rounds of a replay
)

// SetDefaults fills in what is zero, and draws the seed if there is none.
func (c *Config) SetDefaults() {
	s := &c.Setup
	orSet(&s.Signal, DefaultSignal)
	orSet(&s.Grace, DefaultGrace)
	orSet(&s.Mode, record.Restart)
	orSet(&s.MinStops, DefaultMinStops)
	orSet(&s.MinSent, DefaultMinSent)
	if s.Codes == nil {
		s.Codes = []int{0}
	}
	for s.Seed == 0 {
		s.Seed = shortSeed(rand.Uint64())
	}
	if s.Rounds == 0 && c.Replay != nil {
		s.Rounds = DefaultReplays
	}
	if s.Rounds == 0 {
		orSet(&s.Duration, DefaultDuration)
	}
	s.Writes = c.Write != nil
	s.Situations = c.Situations
	c.setLoadDefaults()
}

func (c *Config) setLoadDefaults() {
	c.Setup.Loads = make([]record.LoadSetup, len(c.Loads))
	for i := range c.Loads {
		l := &c.Loads[i].LoadSetup
		orSet(&l.Protocol, record.HTTP1)
		orSet(&l.Connections, DefaultConnections)
		orSet(&l.Name, LoadName(l))
		l.Long = l.Long || l.Protocol == record.SSE || l.Protocol == record.WS
		c.Setup.Loads[i] = *l
		c.Setup.Loads[i].URL = redact(l.URL)
	}
}

// LoadName returns the name of clients that have none of their own.
func LoadName(l *record.LoadSetup) string {
	switch l.Protocol {
	case record.HTTP1:
		if l.NewConn {
			return "new"
		}
		return "keepalive"
	case record.WS:
		return "ws"
	}
	return string(l.Protocol)
}

// shortSeed makes a seed one that every reader of JSON can hold.
func shortSeed(n uint64) uint64 { return n >> 11 }

func orSet[T comparable](p *T, value T) {
	var zero T
	if *p == zero {
		*p = value
	}
}

// redact takes the password out of a URL.
func redact(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.User == nil {
		return text
	}
	return u.Redacted()
}

// Check returns what is wrong with the configuration, in the words of the command
// line. It wants the defaults filled in.
func (c *Config) Check() error {
	return errors.Join(c.checkTarget(), c.checkStop(), c.checkLoads(), c.checkProbes(), c.checkWrites(), c.checkSchedules())
}

func (c *Config) checkTarget() error {
	s := &c.Setup
	named := 0
	for _, is := range []bool{len(s.Command) > 0, s.PID != 0, s.Unit != ""} {
		if is {
			named++
		}
	}
	switch {
	case named == 0:
		return errors.New("no server: give its command after --, or --pid, or --unit")
	case named > 1:
		return errors.New("give one of a command, --pid and --unit")
	case s.Mode == record.Rolling && len(s.Command) == 0:
		return errors.New("--rolling: needs a command to start")
	case s.Mode == record.Upgrade && s.Unit != "":
		return errors.New("--upgrade: needs a command to start, or --pid")
	case s.Mode == record.Rolling && !strings.Contains(c.loadURL(), portMark):
		return fmt.Errorf("--rolling: two instances need two ports: write %s in the command and the URLs", portMark)
	case s.Mode == record.Upgrade && c.Upgrade == 0:
		return errors.New("--upgrade: needs a signal")
	case s.Mode != record.Upgrade && c.Upgrade != 0:
		return errors.New("--upgrade: not with --rolling")
	case !slices.Contains([]record.Mode{record.Restart, record.Rolling, record.Upgrade}, s.Mode):
		return fmt.Errorf("mode %q: want restart, rolling or upgrade", s.Mode)
	}
	return nil
}

func (c *Config) loadURL() string {
	if len(c.Loads) == 0 {
		return ""
	}
	return c.Loads[0].URL
}

func (c *Config) checkStop() error {
	s := &c.Setup
	var errs []error
	add := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	if _, err := target.ParseSignal(s.Signal); err != nil {
		errs = append(errs, fmt.Errorf("--signal %s: %w", s.Signal, err))
	}
	add(slices.Contains([]string{"SIGKILL", "SIGSTOP", "SIGCONT"}, s.Signal), "--signal %s: no server can answer it", s.Signal)
	add(s.Grace <= 0, "--grace %v: want more than nothing", s.Grace)
	add(s.Delay < 0, "--readiness-delay %v: is negative", s.Delay)
	add(s.Delay >= s.Grace, "--readiness-delay %v: leaves nothing of --grace %v", s.Delay, s.Grace)
	add(s.Rounds < 0, "--rounds %d: is negative", s.Rounds)
	add(s.Duration < 0, "--duration %v: is negative", s.Duration)
	for _, code := range s.Codes {
		add(code < 0 || code > 255, "--exit-codes %d: want 0 to 255", code)
	}
	return errors.Join(errs...)
}

func (c *Config) checkLoads() error {
	if len(c.Loads) == 0 {
		return errors.New("--url: no load: give a URL that the server answers")
	}
	var errs []error
	seen := map[string]bool{}
	if c.Write != nil {
		seen[writeLoad] = true
	}
	for _, l := range c.Loads {
		if seen[l.Name] {
			errs = append(errs, fmt.Errorf("load %q: there are two", l.Name))
		}
		seen[l.Name] = true
		errs = append(errs, c.checkLoad(&l))
	}
	return errors.Join(errs...)
}

func (c *Config) checkLoad(l *LoadConfig) error {
	switch {
	case !record.IsLoadName(l.Name):
		return fmt.Errorf("load %q: want a name of small letters, digits, hyphens and underscores", l.Name)
	case l.Connections < 1:
		return fmt.Errorf("load %q: --connections %d: want 1 or more", l.Name, l.Connections)
	case l.Rate < 0:
		return fmt.Errorf("load %q: --rate %v: is negative", l.Name, l.Rate)
	case l.Think < 0:
		return fmt.Errorf("load %q: --think %v: is negative", l.Name, l.Think)
	case l.Kind == nil && kindOf(l, l.Request) == nil:
		return fmt.Errorf("load %q: protocol %q needs a kind of its own", l.Name, l.Protocol)
	}
	if err := c.checkURL(l.URL); err != nil {
		return fmt.Errorf("load %q: --url: %w", l.Name, err)
	}
	return nil
}

func (c *Config) checkProbes() error {
	var errs []error
	for _, p := range []struct{ flag, url string }{{"--ready", c.Setup.Ready}, {"--live", c.Setup.Live}} {
		if p.url == "" {
			continue
		}
		err := c.checkURL(p.url)
		if err == nil && !strings.HasPrefix(p.url, "http://") && !strings.HasPrefix(p.url, "https://") {
			err = fmt.Errorf("%q: want http or https", redact(p.url))
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", p.flag, err))
		}
	}
	return errors.Join(errs...)
}

// checkURL holds a URL against what may be reached.
func (c *Config) checkURL(text string) error {
	a, err := parseAim(strings.ReplaceAll(text, portMark, "1"))
	if err != nil {
		return err
	}
	host, _, err := net.SplitHostPort(a.addr)
	if err != nil {
		return err
	}
	ip := net.ParseIP(host)
	if !c.Remote && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%q is not on this machine; --allow-remote allows it", host)
	}
	return nil
}

func (c *Config) checkWrites() error {
	switch {
	case (c.Write == nil) != (c.Read == nil):
		return errors.New("--write and --read need each other")
	case c.Write != nil && len(c.Setup.Command) == 0:
		return errors.New("--write: only with a command, which can be started again")
	}
	return nil
}

func (c *Config) checkSchedules() error {
	for _, s := range c.Situations {
		if !s.Known() || s == record.Plain {
			return fmt.Errorf("--situations: no situation %q", s)
		}
	}
	if c.Replay == nil {
		return nil
	}
	for _, at := range c.Replay.Signals {
		if _, err := target.ParseSignal(at.Signal); err != nil {
			return fmt.Errorf("--replay: %w", err)
		}
	}
	for _, name := range c.Replay.Loads {
		if !slices.Contains(c.loadNames(), name) {
			return fmt.Errorf("--replay: no load %q", name)
		}
	}
	if why := c.cannot(c.Replay.Situation); why != "" {
		return fmt.Errorf("--replay: situation %s: %s", c.Replay.Situation, why)
	}
	return nil
}
