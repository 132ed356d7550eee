package main

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// newProgress returns a bar on stderr over so many bytes, or one that shows nothing when stderr is no terminal.
func (o *output) newProgress(what string, bytes int64) *progressbar.ProgressBar {
	return progressbar.NewOptions64(max(bytes, 1),
		progressbar.OptionSetWriter(o.stderr),
		progressbar.OptionSetVisibility(o.errTerminal),
		progressbar.OptionSetDescription(what),
		progressbar.OptionShowBytes(true),
		progressbar.OptionUseIECUnits(true),
		progressbar.OptionSetWidth(30),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)
}

// behindBar writes to a terminal that a progress bar is shown on, too: it takes the bar away first.
type behindBar struct {
	io.Writer

	bar *progressbar.ProgressBar
}

func (w behindBar) Write(p []byte) (int, error) {
	if err := w.bar.Clear(); err != nil {
		return 0, err
	}
	return w.Writer.Write(p)
}
