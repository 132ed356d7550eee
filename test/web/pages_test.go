//go:build browser

package web

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"

	"github.com/agentaudit/agentaudit/internal/web/webtest"
)

// shown are the pages whose pictures stand in the README and beside it.
var shown = []string{"now", "feed", "traces", "trace", "sessions", "session", "agents", "tools", "report-tokens", "report-errors", "report-compliance", "anomalies", "integrity", "search", "event"}

// TestPages looks at each page in light and dark: nothing is wrong on it, every field has a label, all can be reached by the keyboard. With
// AGENTAUDIT_SCREENS it writes the pictures for the README there.
func TestPages(t *testing.T) {
	events := webtest.Refund()
	all := webtest.Busy(events)
	s := webtest.Serve(t, all, false)
	s.Feed(all)
	screens := os.Getenv("AGENTAUDIT_SCREENS")
	b := newTab(t, s.URL)
	for _, shot := range webtest.Shots(events) {
		b.do(dark(false), chromedp.Navigate(s.URL+shot.Path), chromedp.WaitReady(chromedp.CSS("main")))
		if shot.Name == "feed" {
			b.wait(`document.querySelectorAll("#feed-rows .feedrow:not([hidden])").length > 5`)
		}
		if shot.Name == "trace" {
			b.wait(`document.body.dataset.rows > 0`)
		}
		if screens != "" && slices.Contains(shown, shot.Name) {
			b.picture(filepath.Join(screens, shot.Name+".png"))
		}
		assert.Zero(t, eval[int](b, `[...document.querySelectorAll("input,select,textarea")].filter(e => !e.labels?.length && !e.getAttribute("aria-label")).length`), shot.Name)
		assert.Equal(t, "Skip to the content", eval[string](b, `document.querySelector("a,button,input").textContent`), shot.Name)
		assert.Equal(t, 1, eval[int](b, `document.querySelectorAll("h1").length`), shot.Name)
		assert.True(t, eval[bool](b, `document.documentElement.scrollWidth <= innerWidth`), "%s is wider than the window", shot.Name)
		light := eval[string](b, `getComputedStyle(document.body).backgroundColor`)
		b.do(dark(true))
		assert.NotEqual(t, light, eval[string](b, `getComputedStyle(document.body).backgroundColor`), shot.Name)
		if screens != "" && shot.Name == "trace" {
			b.picture(filepath.Join(screens, shot.Name+"-dark.png"))
		}
		b.clean()
	}
}

// TestKeyboard goes through a trace without a mouse: skip link, filter, rows, drawer.
func TestKeyboard(t *testing.T) {
	events := webtest.Refund()
	s := webtest.Serve(t, events, false)
	b := newTab(t, s.URL)
	b.do(chromedp.Navigate(s.URL+webtest.Shots(events)[3].Path), chromedp.WaitReady(chromedp.CSS("main")))
	b.wait(`document.body.dataset.rows > 0`)
	order := []string{}
	for range 60 {
		b.do(chromedp.KeyEvent(kb.Tab))
		if id := eval[string](b, `document.activeElement.id || document.activeElement.className || document.activeElement.tagName`); id != "A" {
			order = append(order, id)
		}
		if len(order) > 0 && order[len(order)-1] == "timeline" {
			break
		}
	}
	assert.Equal(t, "skip", order[0])
	assert.Subset(t, order, []string{"step-filter", "step-failed", "timeline"})
	b.do(chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Enter)) // down, down, enter
	b.wait(`document.querySelectorAll("#drawer dt").length > 5`)
	assert.Contains(t, eval[string](b, `document.querySelector("#drawer").textContent`), "event_id")
	b.do(chromedp.Focus(chromedp.CSS("#step-filter")), chromedp.KeyEvent("issue_refund"))
	b.wait(`document.querySelector("#step-state").textContent.match(/^[1-9] of/)`)
	b.clean()
}

// TestFeedPage filters and pauses the live feed, and jumps to an event.
func TestFeedPage(t *testing.T) {
	events := webtest.Refund()
	s := webtest.Serve(t, events, false)
	b := newTab(t, s.URL)
	b.do(chromedp.Navigate(s.URL+"/feed"), chromedp.WaitVisible(chromedp.CSS("#feed-form")))
	b.wait(`document.querySelector("#feed-state").textContent.startsWith("0 of 0")`) // else it begins with the newest 200
	for range 400 {                                                                  // more than are kept
		s.Feed(events)
	}
	total := 400 * len(events)
	b.wait(`document.body.dataset.total == ` + strconv.Itoa(total))
	assert.Equal(t, "0", eval[string](b, `document.body.dataset.missed`))
	assert.Contains(t, eval[string](b, `document.querySelector("#feed-state").textContent`), "5000 of")
	assert.Less(t, eval[int](b, `document.querySelectorAll(".feedrow").length`), 200, "only rows in sight are there")
	b.do(chromedp.SendKeys(chromedp.CSS("#feed-filter"), "handoff"))
	b.wait(`!document.querySelector("#feed-state").textContent.startsWith("5000 of")`)
	assert.Contains(t, eval[string](b, `document.querySelector("#feed-rows .feedrow").textContent`), "handoff")
	b.do(chromedp.Click(chromedp.CSS("#feed-pause")))
	s.Feed(events)
	b.wait(`document.querySelector("#feed-state").textContent.includes("` + strconv.Itoa(len(events)) + ` waiting")`)
	b.do(chromedp.Click(chromedp.CSS("#feed-pause")), chromedp.Click(chromedp.CSS("#feed-rows .feedrow")), chromedp.WaitVisible(chromedp.CSS(".fields")))
	assert.Contains(t, eval[string](b, `document.querySelector("h1").textContent`), "Event ")
	b.clean()
}

// TestVerifyNow starts a verification with a click and sees how it ends.
func TestVerifyNow(t *testing.T) {
	s := webtest.Serve(t, webtest.Refund(), false)
	b := newTab(t, s.URL)
	b.do(chromedp.Navigate(s.URL+"/integrity"), chromedp.Click(chromedp.CSS(".verify button")), chromedp.WaitVisible(chromedp.CSS("#verification")))
	assert.Contains(t, eval[string](b, `document.querySelector("#verification").textContent`), "everything is as it was signed")
	b.clean()
}

// TestLongTrace times traces of 10,000 and 50,000 events: the first picture, all rows there, and how long the browser is busy while one scrolls.
func TestLongTrace(t *testing.T) {
	for _, n := range []int{10_000, 50_000} {
		events := webtest.Long(n)
		s := webtest.Serve(t, events, false)
		b := newTab(t, s.URL)
		start := time.Now()
		b.do(chromedp.Navigate(s.URL+"/trace/"+events[len(events)/2].TraceID.String()), chromedp.WaitReady(chromedp.CSS("main")))
		painted := eval[float64](b, `performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0`)
		b.wait(`document.body.dataset.rows > 0`)
		all := time.Since(start)
		busy := eval[float64](b, `new Promise(done => { const box = document.querySelector("#timeline"), times = []; let last = performance.now(), n = 0;
			const step = now => { times.push(now - last); last = now; box.scrollTop = box.scrollHeight * (++n % 60) / 60; n < 120 ? requestAnimationFrame(step) : done(times.sort((a, b) => a - b)[Math.floor(times.length * .95)]); };
			requestAnimationFrame(step); })`)
		rows := eval[int](b, `document.querySelectorAll("#timeline .step").length`)
		t.Logf("%d events, %s steps: first paint %.0f ms, all rows %d ms; scrolling: 95 %% of frames within %.0f ms, %d rows in the page",
			n, eval[string](b, `document.body.dataset.rows`), painted, all.Milliseconds(), busy, rows)
		assert.Less(t, rows, 200)
		assert.Less(t, all, 10*time.Second)
		b.clean()
	}
}

// TestHostileTextInTheBrowser: whatever events say, no script of theirs runs, nothing is asked of another host.
func TestHostileTextInTheBrowser(t *testing.T) {
	events := webtest.Fill(webtest.Refund(), webtest.Hostile, nil)
	s := webtest.Serve(t, events, false)
	s.Feed(events)
	b := newTab(t, s.URL)
	for _, shot := range webtest.Shots(events) {
		b.do(chromedp.Navigate(s.URL+shot.Path), chromedp.WaitReady(chromedp.CSS("main")))
		switch shot.Name {
		case "feed":
			b.wait(`document.querySelector("#feed-rows").textContent.includes("<script>")`)
		case "trace", "session":
			b.wait(`document.body.dataset.rows > 0`)
			b.do(chromedp.Click(chromedp.CSS("#timeline .step:nth-child(3)")))
			b.wait(`document.querySelector("#drawer").textContent.includes("<script>")`)
		}
		assert.Equal(t, "undefined", eval[string](b, `typeof window.hacked`), shot.Name)
		assert.Zero(t, eval[int](b, `[...document.scripts].filter(s => !s.src.startsWith(location.origin + "/static/")).length`), shot.Name)
		assert.NotContains(t, eval[string](b, `document.body.textContent`), "\u202e", shot.Name)
	}
	b.clean()
}

// TestSignIn signs in with a token and out again.
func TestSignIn(t *testing.T) {
	s := webtest.Serve(t, webtest.Refund(), true)
	b := newTab(t, s.URL)
	b.do(chromedp.Navigate(s.URL+"/search"), chromedp.WaitVisible(chromedp.CSS("input[name=token]")))
	b.do(chromedp.SendKeys(chromedp.CSS("input[name=token]"), webtest.Developer+"\r"), chromedp.WaitVisible(chromedp.CSS(".who")))
	assert.Equal(t, "bob, developer", eval[string](b, `document.querySelector(".who span").textContent`))
	b.do(chromedp.Navigate(s.URL+"/search"), chromedp.WaitVisible(chromedp.CSS("table")))
	assert.NotContains(t, eval[string](b, `document.querySelector("table").textContent`), "critical")
	b.clean()
	b.do(chromedp.Click(chromedp.CSS(".who button")), chromedp.WaitVisible(chromedp.CSS("input[name=token]")))
}
