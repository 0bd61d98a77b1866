// SPDX-License-Identifier: Apache-2.0

//go:build unix

package show

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// browserPatience bounds each thing that is asked of the browser, on a busy machine.
const browserPatience = 60 * time.Second

// A browser is a headless Chromium, driven over a pipe by its DevTools protocol, with
// one page. It is for one goroutine.
type browser struct {
	t       *testing.T
	in      io.Writer
	session string
	id      int

	replies chan devtoolsMessage // to what was asked
	loaded  chan struct{}        // a page has been loaded

	mu       sync.Mutex
	troubles []string // guarded by mu: errors on the page's console, and addresses it asked for
}

// A devtoolsMessage is a request, a reply or an event.
type devtoolsMessage struct {
	ID        int             `json:"id,omitempty"`
	Method    string          `json:"method,omitempty"`
	Params    json.RawMessage `json:"params,omitempty"`
	SessionID string          `json:"sessionId,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Error     *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// newBrowser starts a browser for a test, or skips it where there is none.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		t.Skip("no Chromium on the PATH (Debian: apt-get install chromium): what a browser makes of the page is not tested")
	}
	theirIn, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	profile, err := os.MkdirTemp("", "quiesce-chromium")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
		"--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage", "--user-data-dir="+profile)
	cmd.ExtraFiles = []*os.File{theirIn, theirOut} // its file descriptors 3 and 4
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirIn.Close()
	theirOut.Close()
	b := &browser{t: t, in: in, replies: make(chan devtoolsMessage, 64), loaded: make(chan struct{}, 64)}
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		cmd.Wait()
		in.Close()
		out.Close()
		// What it has started may write for an instant longer.
		for range 50 {
			if os.RemoveAll(profile) == nil {
				break
			}
		}
	})
	go b.listen(out)
	b.attach()
	return b
}

// listen sorts what the browser says until it is gone.
func (b *browser) listen(out io.Reader) {
	defer close(b.replies)
	for r := bufio.NewReader(out); ; {
		data, err := r.ReadBytes(0)
		if err != nil {
			return
		}
		var m devtoolsMessage
		if err := json.Unmarshal(data[:len(data)-1], &m); err != nil {
			continue
		}
		switch m.Method {
		case "":
			b.replies <- m
		case "Page.loadEventFired":
			b.loaded <- struct{}{}
		case "Runtime.exceptionThrown", "Log.entryAdded":
			b.trouble(string(m.Params))
		case "Network.requestWillBeSent":
			var p struct {
				Request struct{ URL string } `json:"request"`
			}
			if json.Unmarshal(m.Params, &p); !strings.HasPrefix(p.Request.URL, "file:///") {
				b.trouble("it asks for " + p.Request.URL)
			}
		}
	}
}

func (b *browser) trouble(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.troubles = append(b.troubles, text)
}

// checkTroubles fails the test if the page had errors or asked for anything.
func (b *browser) checkTroubles() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, text := range b.troubles {
		b.t.Errorf("the page: %s", text)
	}
	b.troubles = nil
}

// call asks the browser for something and waits for its reply.
func (b *browser) call(method string, params any, result any) {
	b.t.Helper()
	raw, err := json.Marshal(params)
	if err != nil {
		b.t.Fatal(err)
	}
	b.id++
	data, err := json.Marshal(devtoolsMessage{ID: b.id, Method: method, Params: raw, SessionID: b.session})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.in.Write(append(data, 0)); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	timeout := time.After(browserPatience)
	for {
		select {
		case m, ok := <-b.replies:
			switch {
			case !ok:
				b.t.Fatalf("%s: the browser is gone", method)
			case m.ID != b.id:
				continue
			case m.Error != nil:
				b.t.Fatalf("%s: %s", method, m.Error.Message)
			}
			if result != nil {
				if err := json.Unmarshal(m.Result, result); err != nil {
					b.t.Fatalf("%s: %v", method, err)
				}
			}
			return
		case <-timeout:
			b.t.Fatalf("%s: no reply", method)
		}
	}
}

type object map[string]any

// attach opens a page.
func (b *browser) attach() {
	var target struct{ TargetID string }
	b.call("Target.createTarget", object{"url": "about:blank"}, &target)
	var session struct{ SessionID string }
	b.call("Target.attachToTarget", object{"targetId": target.TargetID, "flatten": true}, &session)
	b.session = session.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", object{}, nil)
	}
}

// open loads a page that is in memory, as a file.
func (b *browser) open(page string) {
	b.t.Helper()
	file := filepath.Join(b.t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
		b.t.Fatal(err)
	}
	for len(b.loaded) > 0 {
		<-b.loaded
	}
	b.call("Page.navigate", object{"url": "file://" + file}, nil)
	select {
	case <-b.loaded:
	case <-time.After(browserPatience):
		b.t.Fatal("the page is never loaded")
	}
}

// eval runs an expression on the page; its value has a JSON form.
func (b *browser) eval(expression string, value any) {
	b.t.Helper()
	var reply struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		ExceptionDetails json.RawMessage `json:"exceptionDetails"`
	}
	b.call("Runtime.evaluate", object{"expression": expression, "returnByValue": true, "awaitPromise": true}, &reply)
	if reply.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, reply.ExceptionDetails)
	}
	if err := json.Unmarshal(reply.Result.Value, value); err != nil {
		b.t.Fatalf("%s: %v: %s", expression, err, reply.Result.Value)
	}
}

// window makes the window so wide, and light or dark.
func (b *browser) window(width int, scheme string) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", object{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false}, nil)
	b.call("Emulation.setEmulatedMedia", object{"features": []object{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// screenshot keeps a picture of the whole page, if the flag says where.
func (b *browser) screenshot(name string) {
	b.t.Helper()
	if *screenshots == "" {
		return
	}
	var size struct{ W, H int }
	b.eval("({W: document.documentElement.clientWidth, H: document.documentElement.scrollHeight})", &size)
	var shot struct{ Data string }
	b.call("Page.captureScreenshot", object{"captureBeyondViewport": true, "clip": object{"x": 0, "y": 0, "width": size.W, "height": size.H, "scale": 1}}, &shot)
	data, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*screenshots, fmt.Sprintf("%s.png", name)), data, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
