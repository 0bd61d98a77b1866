// SPDX-License-Identifier: Apache-2.0

package systemd

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-quiesce/quiesce"
	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/audit/manifest"
)

// audited reads files, path and text by turns, and returns the findings as "file:line rule: message".
func audited(t *testing.T, plan *quiesce.Plan, files ...string) []string {
	t.Helper()
	world := new(manifest.World)
	if plan != nil {
		world.Plans = []*manifest.Plan{{Path: plan.App, Ask: func([]string) (*quiesce.Plan, error) { return plan, nil }}}
	}
	return auditedIn(t, world, files...)
}

func auditedIn(t *testing.T, world *manifest.World, files ...string) []string {
	t.Helper()
	world.Files, world.Problem, world.Note = map[string]*manifest.File{}, func(err error) { t.Error(err) }, func(manifest.Note) {}
	var docs []*manifest.Document
	for i := 0; i < len(files); i += 2 {
		f := &manifest.File{Path: files[i], Data: []byte(files[i+1])}
		if !(Kind{}).Recognise(f) {
			t.Fatalf("%s is not recognised", f.Path)
		}
		content := Kind{}.Read(f, true)
		if len(content.Problems) > 0 {
			t.Fatalf("problems: %v", content.Problems)
		}
		docs = append(docs, content.Documents...)
	}
	var out []string
	Kind{}.Audit(docs, world, func(f manifest.Finding) {
		line, _ := f.Doc.Places.At(f.Path...)
		out = append(out, fmt.Sprintf("%s:%d %s: %s", f.Doc.File, line, f.Rule, f.Message))
	})
	return out
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	ok := len(got) == len(want)
	for i := range want {
		ok = ok && strings.Contains(got[i], want[i])
	}
	if !ok {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func service(lines ...string) string {
	return "[Service]\nExecStart=/usr/bin/shop\nRestart=always\n" + strings.Join(lines, "\n") + "\n"
}

func TestParse(t *testing.T) {
	settings, problems := parse("# c\n[Unit]\r\nA = b \n; c\nC=d \\\n# within\n  e\\\n\n\nF=\n[Service]\nG=h=i\\")
	want := []setting{{"Unit", "A", "b", 3}, {"Unit", "C", "d  e", 5}, {"Unit", "F", "", 10}, {"Service", "G", "h=i", 12}}
	if !slices.Equal(settings, want) || len(problems) > 0 {
		t.Errorf("got %+v, %v", settings, problems)
	}
	_, problems = parse("A=b\n[Unit\nhello\n=x\n[]\n[S]\nok=1\n" + strings.Repeat("x", 100))
	var lines []int
	for _, p := range problems {
		lines = append(lines, p.line)
	}
	if !slices.Equal(lines, []int{1, 2, 3, 4, 5, 8}) {
		t.Errorf("problems are %v", problems)
	}
}

func TestSpan(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"90": 90 * time.Second, "1min 30s": 90 * time.Second, "1min30s": 90 * time.Second, "2h": 2 * time.Hour, "1.5s": 1500 * time.Millisecond,
		"500ms": 500 * time.Millisecond, "1d 2": 24*time.Hour + 2*time.Second, "infinity": forever, "0": forever, "5 min": 5 * time.Minute,
		"100000y": forever, "soon": 0, "5 x": 0, "5m-": 0, "1.2.3": 0, "-5": 0,
	} {
		if got, ok := span(text); got != want || ok != (want != 0) {
			t.Errorf("span(%q) = %v, %v; want %v", text, got, ok, want)
		}
	}
}

func TestWords(t *testing.T) {
	for value, want := range map[string][]string{
		`/bin/sh -c 'exec "a b"' x`: {"/bin/sh", "-c", `exec "a b"`, "x"},
		`-+/bin/a "b c" d\ e ''`:    {"/bin/a", "b c", "d e", ""},
		`@/bin/a`:                   {"/bin/a"},
		``:                          nil,
		`/bin/a "b`:                 {"/bin/a", "b"},
	} {
		if got := words(value); !slices.Equal(got, want) {
			t.Errorf("words(%s) = %q, want %q", value, got, want)
		}
	}
}

func TestKills(t *testing.T) {
	for value, want := range map[string]string{
		"/bin/kill -HUP $MAINPID": "SIGHUP", "kill -s HUP ${MAINPID}": "SIGHUP", "kill -sHUP $MAINPID": "SIGHUP", "kill -SIGUSR2 $MAINPID": "SIGUSR2",
		"kill --signal HUP $MAINPID": "SIGHUP", "kill --signal=QUIT -- $MAINPID": "SIGQUIT", "kill -9 $MAINPID": "SIGKILL", "kill $MAINPID": "SIGTERM",
		"kill -s $MAINPID": "SIGTERM", "kill -HUP 1": "", "pkill -HUP shop": "", "kill -X $MAINPID": "", "kill 1 $MAINPID": "", "kill": "",
	} {
		if got := kills(words(value)); got != want {
			t.Errorf("kills(%s) = %q, want %q", value, got, want)
		}
	}
}

func TestRecognise(t *testing.T) {
	for _, tt := range []struct {
		path, text string
		want       bool
	}{
		{"a/shop.service", "[Service]\n", true},
		{"a/shop.service", "# c\n [Unit]\n", true},
		{"a/shop.service", "[Servic\n", true},
		{"a/shop.service.d/10.conf", "", true},
		{"a/service.d/10.conf", "", true},
		{"a/nginx.d/10.conf", "[Service]\n", false},
		{"a/org.x.service", "[D-BUS Service]\nName=x\n", false},
		{"a/ssh.service", "<?xml version='1.0'?>", false},
		{"a/shop.service", "hello", false},
		{"a/shop.socket", "[Unit]\n", false},
	} {
		if got := (Kind{}).Recognise(&manifest.File{Path: tt.path, Data: []byte(tt.text)}); got != tt.want {
			t.Errorf("%s %q: %v", tt.path, tt.text, got)
		}
	}
	c := Kind{}.Read(&manifest.File{Path: "a.service", Data: []byte("[Service]\nUser={{ .User }}\noops\n")}, false)
	if len(c.Notes) != 1 || c.Notes[0].Line != 2 || len(c.Problems) > 0 || len(c.Documents) > 0 {
		t.Errorf("of a template: %+v", c)
	}
	c = Kind{}.Read(&manifest.File{Path: "a.service", Data: []byte("[Service]\nExecStartPre=docker inspect --format '{{.Id}}' shop\n")}, false)
	if len(c.Notes) > 0 || len(c.Documents) != 1 {
		t.Errorf("of one that has braces: %+v", c)
	}
	c = Kind{}.Read(&manifest.File{Path: "a.service", Data: []byte("[Service]\noops\nKillMode=none\n")}, false)
	if len(c.Problems) != 1 || c.Problems[0].Line != 2 || len(c.Documents) != 1 {
		t.Errorf("of what is half wrong: %+v", c)
	}
}

// TestDropIns: they change their units, in the order of their names, wherever they were found.
func TestDropIns(t *testing.T) {
	unit := service("KillMode=process", "SendSIGKILL=no", "ExecStop=/bin/kill -QUIT $MAINPID")
	reset := "[Service]\nKillMode=\nSendSIGKILL=yes\nExecStop=\n"
	expect(t, audited(t, nil, "a/shop.service", unit, "a/shop.service.d/10.conf", reset))
	expect(t, audited(t, nil, "a/shop.service.d/10.conf", reset, "b/shop.service", unit))
	expect(t, audited(t, nil, "a/shop.service", service(), "a/shop.service.d/20.conf", "[Service]\nKillMode=none\n", "a/shop.service.d/10.conf", reset),
		"a/shop.service.d/20.conf:2 unit-kill-mode: shop.service: KillMode=none")
	// Those of another folder's unit of that name are not for this one.
	expect(t, audited(t, nil, "a/shop.service", unit, "b/shop.service", service(), "b/shop.service.d/10.conf", reset),
		"a/shop.service:4 unit-kill-mode", "a/shop.service:5 unit-no-sigkill", "a/shop.service:6 unit-stop-not-awaited")
	// Those of all services, of a template and of a beginning.
	for _, name := range []string{"service", "shop@.service", "shop@a.service", "shop-.service"} {
		got := audited(t, nil, "u/shop@a.service", unit, "u/shop-b.service", unit, "etc/"+name+".d/10.conf", reset)
		want := map[string]int{"service": 0}[name]
		if name != "service" {
			want = 3
		}
		if len(got) != want {
			t.Errorf("with %s: %q", name, got)
		}
	}
	// Without its unit, what is not set is not known.
	plan := &quiesce.Plan{App: "shop", WorstCase: 2 * time.Minute}
	expect(t, audited(t, plan, "a/shop.service.d/10.conf", "[Service]\nLimitNOFILE=1\n", "a/shop.service.d/20.conf", "[Service]\nTimeoutStopSec=1min\n"),
		"20.conf:2 unit-timeout-too-short: shop.service: TimeoutStopSec=1min is less than the plan of shop 2m0s")
}

func TestTimeout(t *testing.T) {
	plan := &quiesce.Plan{App: "shop", WorstCase: 90 * time.Second}
	expect(t, audited(t, plan, "shop.service", service()),
		"shop.service:2 unit-timeout-too-short: shop.service: TimeoutStopSec, 90s as it is not set, leaves nothing in reserve after the plan of shop 1m30s")
	expect(t, audited(t, plan, "shop.service", service("TimeoutStopSec=5", "TimeoutSec=2min")))
	expect(t, audited(t, plan, "shop.service", service("Type=oneshot")))
	expect(t, audited(t, plan, "shop.service", service("TimeoutStopSec=%i")))
	expect(t, audited(t, plan, "one.service", service(), "two.service", service("ExecStart=", "ExecStart=/usr/bin/other")), "one.service:2 unit-timeout")
	expect(t, audited(t, nil, "shop.service", service(`Environment=A=1 "QUIESCE_GRACE=20s"`, "TimeoutStopSec=20")),
		"TimeoutStopSec=20 leaves nothing in reserve after QUIESCE_GRACE 20s")
	expect(t, audited(t, nil, "shop.service", service("TimeoutStopSec=0")), "shop.service:4 unit-timeout-none")
}

func TestKillMode(t *testing.T) {
	for text, want := range map[string]string{
		"KillMode=process":                          "unit-kill-mode",
		"KillMode=none\nDelegate=yes":               "unit-kill-mode",
		"KillMode=process\nDelegate=yes":            "",
		"KillMode=mixed":                            "",
		"KillMode=process\nType=oneshot":            "",
		"KillMode=process\nStandardInput=tty-force": "",
	} {
		got := audited(t, nil, "shop.service", service(text))
		if len(got) != min(1, len(want)) || !strings.Contains(strings.Join(got, ""), want) {
			t.Errorf("%s: %v", text, got)
		}
	}
	expect(t, audited(t, nil, "containerd.service", service("KillMode=process")))
	expect(t, audited(t, nil, "mariadb.service", service("SendSIGKILL=no")))
	expect(t, audited(t, nil, "nats-server.service", service("ExecStop=/bin/kill -USR2 $MAINPID")))
}

func TestSignals(t *testing.T) {
	plan := &quiesce.Plan{App: "shop", Escalation: "orchestrated", WorstCase: time.Second}
	for text, want := range map[string]string{
		"KillSignal=9": "no program can handle SIGKILL", "KillSignal=QUIT": "shop stops at SIGTERM, SIGINT, SIGHUP", "KillSignal=SIGINT": "",
		"RestartKillSignal=SIGKILL": "RestartKillSignal=SIGKILL", "ExecStop=/bin/kill -9 $MAINPID": "ExecStop=/bin/kill -9 $MAINPID does not ask",
		"ExecStop=/bin/kill $MAINPID": "", "ExecStop=/bin/kill -INT $MAINPID": "SIGTERM follows at once",
		"ExecStop=/bin/kill -INT $MAINPID\nKillSignal=SIGINT": "", "ExecStop=/usr/bin/shop stop": "", "ExecStop=/bin/kill -WINCH $MAINPID\nKillSignal=INT": "",
		"ExecReload=/bin/kill -HUP $MAINPID": "a reload is a restart", "ExecReload=/bin/kill -USR2 $MAINPID": "",
		"ExecReload=/bin/kill -HUP $MAINPID\nRestart=on-abnormal":                               "Restart=on-abnormal does not bring it back",
		"ExecReload=/bin/kill -HUP $MAINPID\nRestart=":                                          "Restart=no does not bring it back",
		"ExecReload=/bin/kill -HUP $MAINPID\nRestart=on-failure\nRestartForceExitStatus=SIGHUP": "a reload is a restart",
		"Type=notify-reload":                    "shop.service:4 unit-reload-signal: shop.service: Type=notify-reload sends SIGHUP: shop stops at it: a reload is a restart",
		"Type=notify-reload\nReloadSignal=USR2": "", "Type=notify-reload\nReloadSignal=TERM": "shop.service:5 unit-reload-signal", "Type=notify-reload\nReloadSignal=%S": "",
	} {
		got := audited(t, plan, "shop.service", service(text))
		if len(got) != min(1, len(want)) || !strings.Contains(strings.Join(got, ""), want) {
			t.Errorf("%s: %v", text, got)
		}
	}
	expect(t, audited(t, nil, "shop.service", service("ExecReload=/bin/kill -HUP $MAINPID", "KillSignal=SIGQUIT")))
}

// TestSources: what a program does with a signal is known from its sources, too.
func TestSources(t *testing.T) {
	for text, want := range map[string]string{
		"ExecReload=/bin/kill -HUP $MAINPID":                       "shop.service:4 unit-reload-signal: shop.service: ExecReload sends SIGHUP: m/shop does not handle it and ends at once, without a stop: a reload is a restart",
		"ExecReload=/bin/kill -HUP $MAINPID\nRestart=on-failure":   "unit-reload-not-restored: shop.service: ExecReload sends SIGHUP: m/shop does not handle it and ends at once, without a stop; that end is clean, and Restart=on-failure",
		"ExecReload=/bin/kill -QUIT $MAINPID\nRestart=on-failure":  "a reload is a restart",
		"ExecReload=/bin/kill -QUIT $MAINPID\nRestart=on-abnormal": "crashes with a dump, and Restart=on-abnormal does not bring it back",
		"ExecReload=/bin/kill -KILL $MAINPID\nRestart=on-abnormal": "a reload is a restart",
		"ExecReload=/bin/kill -USR2 $MAINPID":                      "m/shop does not handle it, and nothing happens: a reload does nothing",
		"ExecReload=/bin/kill -USR1 $MAINPID":                      "",
		"ExecReload=/bin/kill -WINCH $MAINPID":                     "m/shop ignores it: a reload does nothing",
		"KillSignal=SIGINT":                                        "",
		"KillSignal=SIGQUIT":                                       "unit-kill-signal: shop.service: KillSignal=SIGQUIT does not ask for a stop: m/shop does not handle it: it crashes",
		"ExecStop=/bin/kill -QUIT $MAINPID\nKillSignal=SIGCONT":    "ExecStop=/bin/kill -QUIT $MAINPID does not ask for a stop: m/shop",
		"": "",
	} {
		source := &manifest.Source{Path: "m/shop", Takes: []string{"SIGTERM", "SIGUSR1"}, Ignores: []string{"SIGWINCH"}, Perhaps: []string{"SIGINT"}}
		got := withSource(t, source, text)
		if len(got) != min(1, len(want)) || !strings.Contains(strings.Join(got, ""), want) {
			t.Errorf("%s: %v", text, got)
		}
	}
	only := "shop.service:2 unit-kill-signal: shop.service: the stop signal SIGTERM is not handled: m/shop does not handle it: it ends at once"
	for text, want := range map[string]string{"": only, "KillSignal=INT": "", "ExecStop=/usr/bin/shop stop": "", "Type=oneshot": ""} {
		got := withSource(t, &manifest.Source{Path: "m/shop", Takes: []string{"SIGINT"}}, text)
		if len(got) != min(1, len(want)) || !strings.Contains(strings.Join(got, ""), want) {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func withSource(t *testing.T, source *manifest.Source, text string) []string {
	t.Helper()
	return auditedIn(t, &manifest.World{Sources: []*manifest.Source{source}}, "shop.service", service(text))
}

func TestShell(t *testing.T) {
	for text, want := range map[string]string{
		"KillMode=mixed\nExecStart=/bin/sh -c 'shop --x'":                          "sh stays the main process where it is dash",
		"KillMode=mixed\nExecStart=/bin/bash -c 'shop --x'":                        "",
		"KillMode=process\nDelegate=yes\nExecStart=/bin/bash -c 'shop | logger'":   "the program runs on",
		"ExecStart=/bin/bash -c 'shop | logger'":                                   "",
		"ExecStart=/bin/bash -c 'shop | logger'\nExecReload=kill -HUP $MAINPID":    "the signal of ExecReload ends it",
		"Type=notify\nExecStart=/bin/bash -c 'shop | logger'":                      "NotifyAccess main, as it is not set",
		"Type=notify\nNotifyAccess=exec\nExecStart=/bin/bash -c 'shop | logger'":   "",
		"Type=forking\nKillMode=mixed\nExecStart=/bin/bash -c 'shop | logger'":     "",
		"KillMode=mixed\nExecStart=/bin/sh -c 'trap \"kill $!\" TERM; shop& wait'": "",
	} {
		got := audited(t, nil, "shop.service", "[Service]\n"+text+"\n")
		if len(got) != min(1, len(want)) || !strings.Contains(strings.Join(got, ""), want) {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestDirectives(t *testing.T) {
	for text, want := range map[string]string{
		"Killmode=mixed": "did you mean KillMode=?", "KillMode=all": "not one of its values", "TimeoutStopSec=soon": "not one of its values",
		"TimeoutStopSec=@TIMEOUT@": "", "TimeoutStartSec=5": "", "RestartSteps=5": "", "X-KillMode=5": "", "Nice=5": "", "SendSIGKILL=maybe": "not one of its values",
		"[Install]\nRestart=always": "Restart= is in [Install]", "[X-Own]\nRestart=always": "", "Restart=on-fail": "not one of its values",
		"[service]\nA=b\nKillMode=none": "shop.service:5 unit-directive-ignored: shop.service: [service] is no section of a service",
	} {
		got := audited(t, nil, "shop.service", service(text))
		if len(got) != min(1, len(want)) || !strings.Contains(strings.Join(got, ""), want) {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// TestPlanFails: a plan that cannot be had is reported, and what needs none is audited.
func TestPlanFails(t *testing.T) {
	failed := 0
	world := &manifest.World{Files: map[string]*manifest.File{}, Problem: func(error) { failed++ }}
	world.Plans = []*manifest.Plan{{Name: "shop", Path: "x", Ask: func([]string) (*quiesce.Plan, error) { return nil, errors.New("no") }}}
	c := Kind{}.Read(&manifest.File{Path: "shop.service", Data: []byte(service("KillMode=none"))}, false)
	n := 0
	Kind{}.Audit(c.Documents, world, func(manifest.Finding) { n++ })
	if failed != 1 || n != 1 {
		t.Errorf("failed %d times, %d findings", failed, n)
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"[Service]\nExecStart=/bin/sh -c 'a \\\n b'\nTimeoutStopSec=1min 3\n", "[Unit]\nA=\\\n#\n\\", "ExecStart=\"", "[\n]=", "[Service]\nKillSignal=RTMIN+3",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Count(text, "\n") + 1
		c := Kind{}.Read(&manifest.File{Path: "a.service", Data: []byte(text)}, true)
		for _, p := range c.Problems {
			if p.Line < 1 || p.Line > lines {
				t.Errorf("a problem in line %d of %d", p.Line, lines)
			}
		}
		world := &manifest.World{Files: map[string]*manifest.File{}}
		Kind{}.Audit(c.Documents, world, func(f manifest.Finding) {
			if line, _ := f.Doc.Places.At(f.Path...); line < 1 || line > lines {
				t.Errorf("%s in line %d of %d", f.Rule, line, lines)
			}
		})
		for i := range c.Documents {
			for _, s := range c.Documents[i].Object.(*file).settings {
				if d, ok := span(s.value); ok && d <= 0 {
					t.Errorf("span(%q) = %v", s.value, d)
				}
			}
		}
	})
}
