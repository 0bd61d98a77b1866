// SPDX-License-Identifier: Apache-2.0

//go:build unix

package show

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"
)

var screenshots = flag.String("screenshots", "", "a `folder` for pictures of the pages")

// onPage is what the tests ask of a page: helpers that are put on it.
const onPage = `
shown = () => [...document.querySelectorAll(".round")].filter(r => r.getClientRects().length).map(r => r.id);
// texts of one chart that lie on each other
overlaps = () => {
	const found = [];
	for (const svg of document.querySelectorAll(".round .lane > svg")) {
		const texts = [...svg.querySelectorAll("text")].filter(x => x.getClientRects().length).map(x => [x.textContent, x.getBoundingClientRect()]);
		texts.forEach(([a, p], i) => texts.slice(i + 1).forEach(([b, q]) => {
			if (p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 3 && q.top < p.bottom - 3) found.push(a + " / " + b);
		}));
	}
	return found;
};
// texts that reach out of the window
outside = () => [...document.querySelectorAll(".round svg text")].filter(x => x.getClientRects().length).filter(x => {
	const r = x.getBoundingClientRect();
	return r.left < 0 || r.right > innerWidth;
}).map(x => x.textContent);
// the contrast of every text with what is behind it, if it is below WCAG's 4.5
faint = () => {
	const ctx = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
	const rgb = c => { ctx.clearRect(0, 0, 1, 1); ctx.fillStyle = c; ctx.fillRect(0, 0, 1, 1); return [...ctx.getImageData(0, 0, 1, 1).data]; };
	const lum = c => { const [r, g, b] = rgb(c).map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
	const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (rgb(c)[3] == 255) return c; } return "white"; };
	const found = new Set();
	for (const e of document.querySelectorAll("body *")) {
		if (![...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()) || !e.getClientRects().length || e.closest("title,script,style")) continue;
		const s = getComputedStyle(e), x = lum(e.closest("svg") ? s.fill : s.color), y = lum(behind(e));
		const ratio = (Math.max(x, y) + .05) / (Math.min(x, y) + .05);
		if (ratio < 4.5) found.add(e.tagName + "." + (e.getAttribute("class") || "") + " " + ratio.toFixed(1));
	}
	return [...found];
};
true`

// TestPageInBrowser: the page shows what it should, wide and narrow, light and dark; it
// asks for nothing and its policy has nothing to forbid.
func TestPageInBrowser(t *testing.T) {
	b := newBrowser(t)
	fail, pass, stop := printed(t, "html", sampleFail()), printed(t, "html", samplePass()), stopPage(t)
	for _, tt := range []struct {
		name, page string
		width      int
		scheme     string
	}{
		{"fail", fail, 1280, "light"},
		{"fail", fail, 1280, "dark"},
		{"fail", fail, 700, "light"},
		{"fail", fail, 360, "dark"},
		{"pass", pass, 1280, "dark"},
		{"pass", pass, 360, "light"},
		{"stop", stop, 1280, "light"},
		{"stop", stop, 360, "dark"},
	} {
		name := fmt.Sprintf("%s-%d-%s", tt.name, tt.width, tt.scheme)
		b.window(tt.width, tt.scheme)
		b.open(tt.page)
		b.checkLook(name)
		b.screenshot(name)
		b.checkTroubles()
	}
}

// checkLook looks for what makes a page hard to read.
func (b *browser) checkLook(name string) {
	b.t.Helper()
	var ok bool
	b.eval(onPage, &ok)
	var shown, overlaps, outside, faint []string
	b.eval("outside()", &outside)
	for _, text := range outside {
		b.t.Errorf("%s: a text reaches out of the window: %s", name, text)
	}
	b.eval("shown()", &shown)
	if len(shown) != 1 {
		b.t.Errorf("%s: rounds %v are shown", name, shown)
	}
	b.eval("overlaps()", &overlaps)
	for _, text := range overlaps {
		b.t.Errorf("%s: texts lie on each other: %s", name, text)
	}
	b.eval("faint()", &faint)
	for _, text := range faint {
		b.t.Errorf("%s: too little contrast: %s", name, text)
	}
	var wider int
	b.eval("document.documentElement.scrollWidth - innerWidth", &wider)
	if wider > 0 {
		b.t.Errorf("%s: %d pixels wider than the window", name, wider)
	}
}

// TestPageChoosesRounds: a link and the arrow keys choose a round, the pointer reads the
// charts; and links work without scripts.
func TestPageChoosesRounds(t *testing.T) {
	b := newBrowser(t)
	b.window(1280, "light")
	page := printed(t, "html", sampleFail())
	b.open(page)
	shows := func(want string) {
		t.Helper()
		var ok bool
		b.eval(onPage, &ok)
		var shown []string
		b.eval("shown()", &shown)
		if !slices.Equal(shown, []string{want}) {
			t.Errorf("rounds %v are shown, want %s", shown, want)
		}
	}
	key := func(name string) {
		for _, kind := range []string{"keyDown", "keyUp"} {
			b.call("Input.dispatchKeyEvent", object{"type": kind, "key": name, "code": name}, nil)
		}
	}
	var done bool
	shows("r2")
	key("ArrowRight")
	shows("r3")
	key("ArrowLeft")
	key("ArrowLeft")
	shows("r1")
	b.eval(`document.querySelector('.cells a[href="#r7"]').click(), true`, &done)
	shows("r7")

	var at struct{ X, Y float64 }
	b.eval(`(() => { const g = document.querySelector("#r7 .grid"); g.scrollIntoView({behavior: "instant"}); const r = g.getBoundingClientRect(); return {X: r.left + r.width / 2, Y: r.top + 150}; })()`, &at)
	b.call("Input.dispatchMouseEvent", object{"type": "mouseMoved", "x": at.X, "y": at.Y}, nil)
	var reading string
	b.eval(`document.querySelector("#r7 .read").textContent`, &reading)
	if want := sampleReading; reading != want {
		t.Errorf("the reading is %q, want %q", reading, want)
	}
	b.checkTroubles()

	b.call("Emulation.setScriptExecutionDisabled", object{"value": true}, nil)
	b.open(page)
	shows("r2")
	b.eval(`document.querySelector('.cells a[href="#r7"]').click(), true`, &done)
	shows("r7")
}

// sampleReading is what stands at the pointer in the middle of round 7 of the sample.
const sampleReading = "+7.1ms\n126 answered\nslowest 3.6ms"

// openPatience is how long a page of 300 rounds may take, on a machine that does other
// things too.
const openPatience = 5 * time.Second

func TestBigPageOpens(t *testing.T) {
	b := newBrowser(t)
	b.window(1280, "light")
	page := printed(t, "html", bigRun(300))
	b.open("<!doctype html><title>warm</title>")
	began := time.Now()
	b.open(page)
	var ok bool
	b.eval("new Promise(done => requestAnimationFrame(() => setTimeout(() => done(true))))", &ok) // it is painted
	took := time.Since(began)
	t.Logf("%d bytes painted in %v", len(page), took)
	if took > openPatience {
		t.Errorf("%v until it is painted", took)
	}
	b.checkLook("300 rounds")
	b.screenshot("300")
	b.checkTroubles()
}
