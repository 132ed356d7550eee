package main

// The rules of all output of this command:
//
//   - What was asked for goes to stdout, everything else to stderr. Messages on stderr begin with "agentaudit: "; the
//     advice that may follow an error begins with "hint: ".
//   - Colour, cutting to the width of the terminal, headings and progress bars are for terminals only. NO_COLOR turns
//     colour off there. What goes into a pipe or file is whole, plain and without a heading.
//   - Columns are padded with spaces and end in two of them. The last column is free and not padded. Absent is "-".
//   - Everything that comes from a bucket, a file or a server is hostile. As text it goes through sanitize, everywhere.
//     JSON goes out byte for byte, but on a terminal what sanitize would touch is escaped the JSON way.
//   - Times are RFC 3339 in UTC.
//   - Exit codes: see exitCodes.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/fatih/color"
	"golang.org/x/term"
)

// output is where a command writes to.
type output struct {
	stdout, stderr io.Writer

	width       int  // of the terminal that stdout is, in cells; 0 if it is none
	errTerminal bool // stderr is a terminal
	colors      palette
}

func newOutput(stdout, stderr io.Writer) *output {
	o := &output{stdout: stdout, stderr: stderr, width: terminalWidth(stdout)}
	o.errTerminal = terminalWidth(stderr) > 0
	o.colors = newPalette(o.width > 0 && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb")
	return o
}

// terminalWidth returns 0 if w is no terminal.
func terminalWidth(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width < 40 { // unknown, or too narrow to make sense of
		return 80
	}
	return width
}

// note writes one message to stderr.
func (o *output) note(format string, args ...any) {
	// There is no place left to complain when stderr fails.
	_, _ = fmt.Fprintf(o.stderr, "agentaudit: %s\n", sanitize(fmt.Sprintf(format, args...)))
}

// plural returns a number with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// exit tells err, if it wasn't told yet, and returns the exit code that belongs to it.
func (o *output) exit(err error) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFinding):
		return exitFinding
	case errors.Is(err, context.Canceled):
		err = errors.New("interrupted")
	}
	o.note("%v", err)
	if h, ok := errors.AsType[hinted](err); ok {
		_, _ = fmt.Fprintf(o.stderr, "hint: %s\n", sanitize(h.hint))
	}
	return exitFailed
}

// palette colours text by its meaning.
type palette struct {
	faint, heading, good, bad, warn, call *color.Color
}

func newPalette(on bool) palette {
	p := palette{
		faint: color.New(color.Faint), heading: color.New(color.Bold), good: color.New(color.FgGreen),
		bad: color.New(color.FgRed), warn: color.New(color.FgYellow), call: color.New(color.FgCyan),
	}
	for _, c := range []*color.Color{p.faint, p.heading, p.good, p.bad, p.warn, p.call} {
		if on {
			c.EnableColor()
		} else {
			c.DisableColor()
		}
	}
	return p
}
