package main

import (
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress is a bar on stderr, or nothing when stderr is no terminal. It may be used from several goroutines.
type progress struct {
	mu  sync.Mutex // the bar's own lock doesn't cover Clear
	bar *progressbar.ProgressBar
}

func (o *output) newProgress(what string) *progress {
	return &progress{bar: progressbar.NewOptions64(1,
		progressbar.OptionSetWriter(o.stderr),
		progressbar.OptionSetVisibility(o.errTerminal),
		progressbar.OptionSetDescription(what),
		progressbar.OptionShowBytes(true),
		progressbar.OptionUseIECUnits(true),
		progressbar.OptionSetWidth(30),
		progressbar.OptionThrottle(100*time.Millisecond),
	)}
}

// set shows so many bytes of so many, a total of 0 meaning that it is unknown. A bar that can't be shown is no reason
// to fail.
func (p *progress) set(done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if total <= 0 {
		total = done + 1
	}
	if p.bar.GetMax64() != total {
		p.bar.ChangeMax64(total)
	}
	_ = p.bar.Set64(max(0, min(done, total-1))) // a full bar would end and not come back
}

// clear takes the bar away until it is set again.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.bar.Clear()
}

// behind returns what writes to w, which may be the terminal that the bar is on, without writing into the bar.
func (p *progress) behind(w io.Writer) io.Writer { return behindBar{w, p} }

type behindBar struct {
	io.Writer

	progress *progress
}

func (w behindBar) Write(b []byte) (int, error) {
	w.progress.clear()
	return w.Writer.Write(b)
}
