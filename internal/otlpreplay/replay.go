package otlpreplay

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// maxLine bounds one line, in bytes. A longer one is a problem of its own.
const maxLine = 256 << 20

// Options say how to send. Endpoint and Timeout must be set.
type Options struct {
	Endpoint *url.URL
	Header   http.Header   // to send along
	Gzip     bool          // compress requests
	Timeout  time.Duration // for one request with all its attempts
	Rate     float64       // spans and log records per second; 0 for as fast as it goes
	Repeat   int           // how often to send everything; 0 means once
	// ShiftToNow moves all timestamps, so that the newest of the whole recording becomes now. The recording is read
	// twice for it.
	ShiftToNow bool
	// FreshIDs gives all traces new ids at each sending.
	FreshIDs bool

	OnProblem func(place string, err error)           // told what was not sent or not accepted; place is file:line
	OnRead    func(bytes int)                         // told what was read of the recording
	OnRetry   func(reason error, pause time.Duration) // told before each pause
}

// Input is one file of a recording.
type Input struct {
	Name string
	Open func() (io.ReadCloser, error)
}

// Stats sum up a replay.
type Stats struct {
	Requests   int   // that were acknowledged
	Spans      int   // in them
	LogRecords int   // in them
	Rejected   int64 // of those, by partial success
	Problems   int   // that OnProblem was told
	Skipped    int   // lines with other signals
}

// Run replays the inputs in order.
func Run(ctx context.Context, inputs []Input, o Options) (Stats, error) {
	r := replay{Options: o, client: newClient(&o), time: same[pcommon.Timestamp], trace: same[pcommon.TraceID]}
	defer r.client.close()
	if o.ShiftToNow {
		if err := r.measure(ctx, inputs); err != nil {
			return r.stats, err
		}
	}
	r.start = time.Now()
	for range max(o.Repeat, 1) {
		if o.FreshIDs {
			r.trace = freshTraces(rand.Uint64())
		}
		for _, in := range inputs {
			if err := lines(ctx, in, r.line); err != nil {
				return r.stats, err
			}
		}
	}
	return r.stats, nil
}

// replay is one replay under way.
type replay struct {
	Options

	client *client
	time   func(pcommon.Timestamp) pcommon.Timestamp
	trace  func(pcommon.TraceID) pcommon.TraceID
	start  time.Time
	sent   int // items
	stats  Stats
}

// measure finds the newest timestamp and how far it is from now.
func (r *replay) measure(ctx context.Context, inputs []Input) error {
	var newest pcommon.Timestamp
	for _, in := range inputs {
		err := lines(ctx, in, func(_ context.Context, _ string, line []byte, _ int) error {
			if b, err := parse(line); err == nil { // what is wrong is told when it is to be sent
				newest = max(newest, b.newest())
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if newest > 0 {
		now := pcommon.NewTimestampFromTime(time.Now())
		r.time = shift(int64(now - newest))
	}
	return nil
}

// line sends what one line holds.
func (r *replay) line(ctx context.Context, place string, line []byte, size int) error {
	if r.OnRead != nil {
		defer r.OnRead(size)
	}
	if size > maxLine {
		r.problem(place, fmt.Errorf("line of more than %d bytes", maxLine))
		return nil
	}
	b, err := parse(line)
	if err != nil {
		r.problem(place, err)
		return nil
	}
	if b.skipped {
		r.stats.Skipped++
	}
	if r.ShiftToNow || r.FreshIDs {
		b.rewrite(r.time, r.trace)
	}
	requests, err := b.requests()
	if err != nil {
		r.problem(place, err)
		return nil
	}
	for _, req := range requests {
		if err := r.send(ctx, place, req); err != nil {
			return fmt.Errorf("%s: %w", place, err)
		}
	}
	return nil
}

func (r *replay) problem(place string, err error) {
	r.stats.Problems++
	if r.OnProblem != nil {
		r.OnProblem(place, err)
	}
}

func (r *replay) send(ctx context.Context, place string, req request) error {
	if err := r.pace(ctx); err != nil {
		return err
	}
	answer, err := r.client.send(ctx, req.path, req.body)
	r.sent += req.items
	if errors.Is(err, errRefused) {
		r.problem(place, err)
		return nil
	}
	if err != nil {
		return err
	}
	r.stats.Requests++
	if req.path == tracesPath {
		r.stats.Spans += req.items
	} else {
		r.stats.LogRecords += req.items
	}
	rejected, why, err := req.rejected(answer)
	r.stats.Rejected += rejected
	switch {
	case err != nil:
		r.problem(place, fmt.Errorf("acknowledged, but the answer is not OTLP: %w", err))
	case rejected != 0:
		r.problem(place, fmt.Errorf("server rejected %d of %d: %.300s", rejected, req.items, why))
	case why != "":
		r.problem(place, fmt.Errorf("server warns: %.300s", why))
	}
	return nil
}

// pace waits until the next request is due.
func (r *replay) pace(ctx context.Context) error {
	if r.Rate <= 0 {
		return ctx.Err()
	}
	due := r.start.Add(time.Duration(float64(r.sent) / r.Rate * float64(time.Second)))
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// lines calls each with every line of in that isn't empty, its place and its size in the file. Of a line that is longer
// than maxLine only the front comes.
func lines(ctx context.Context, in Input, each func(ctx context.Context, place string, line []byte, size int) error) error {
	file, err := in.Open()
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it was only read
	r := bufio.NewReaderSize(file, 256<<10)
	var line []byte
	for n, size := 1, 0; ; {
		part, err := r.ReadSlice('\n')
		size += len(part)
		if size <= maxLine {
			line = append(line, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && err != io.EOF {
			return fmt.Errorf("couldn't read %s: %w", in.Name, err)
		}
		if text := bytes.TrimSpace(line); len(text) > 0 {
			if err := each(ctx, fmt.Sprintf("%s:%d", in.Name, n), text, size); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		n, size, line = n+1, 0, line[:0]
	}
}
