package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/agentaudit/agentaudit/internal/otlpreplay"
)

const replayHelp = `replay sends recorded telemetry to an OTLP/HTTP endpoint, for example that of a collector. Files hold OTLP-JSON, one
object per line, as the Collector's file exporter writes them; "-" is standard input. Traces and logs are sent, metrics are not.

Requests go one at a time, each after the one before was acknowledged. Refused and lost connections and the answers 429,
502, 503 and 504 are retried until --timeout. A bad line or a rejected one is told with its place, and the exit code is 1.`

const replayExamples = `  agentaudit replay --endpoint http://127.0.0.1:4318 testdata/demo/*.jsonl
  agentaudit replay --endpoint http://127.0.0.1:4318 --shift now --repeat 100 --fresh-ids --rate 1000 run.jsonl`

// replayFlags are the flags of replay as they were given.
type replayFlags struct {
	endpoint, shift string
	headers         []string
	rate            float64
	repeat          int
	timeout         time.Duration
	gzip, freshIDs  bool
}

func replayCommand(out *output) *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:     "replay --endpoint URL FILE…",
		Short:   "Send recorded telemetry to a collector",
		Long:    replayHelp,
		Example: replayExamples,
		RunE: func(cmd *cobra.Command, files []string) error {
			return runReplay(cmd.Context(), out, f, files, cmd.InOrStdin())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.endpoint, "endpoint", "", "where to: http://HOST:PORT or https://HOST:PORT (/v1/traces and /v1/logs are added)")
	flags.StringArrayVar(&f.headers, "header", nil, "header to send along, as name=value; may be given again")
	flags.Float64Var(&f.rate, "rate", 0, "spans and log records per second (0: as fast as it goes)")
	flags.IntVar(&f.repeat, "repeat", 1, "how often to send everything")
	flags.BoolVar(&f.freshIDs, "fresh-ids", false, "give all traces new ids at each sending; else it is the same telemetry again")
	flags.StringVar(&f.shift, "shift", "", "\"now\" moves all times so that the newest becomes now")
	flags.BoolVar(&f.gzip, "gzip", false, "compress requests")
	flags.DurationVar(&f.timeout, "timeout", 30*time.Second, "how long to try one request")
	return cmd
}

func runReplay(ctx context.Context, out *output, f replayFlags, files []string, stdin io.Reader) error {
	options, err := f.options(files)
	if err != nil {
		return err
	}
	inputs, size, err := openInputs(files, stdin)
	if err != nil {
		return err
	}
	bar := out.newProgress("sending")
	out.watchReplay(&options, bar, size*int64(f.repeat))
	begin := time.Now()
	stats, err := otlpreplay.Run(ctx, inputs, options)
	bar.clear()
	if err == nil || stats.Requests > 0 {
		_, printErr := fmt.Fprintf(out.stdout, "sent %s with %s and %s in %.1f s\n",
			plural(stats.Requests, "request"), plural(stats.Spans, "span"), plural(stats.LogRecords, "log record"), time.Since(begin).Seconds())
		err = errors.Join(err, printErr)
	}
	if stats.Skipped > 0 {
		out.note("%s of metrics or profiles left out", plural(stats.Skipped, "line"))
	}
	switch {
	case err != nil && ctx.Err() == nil:
		return withHint(err, "does an OTLP/HTTP server listen at "+f.endpoint+"? gRPC (4317) is another port than HTTP (4318)")
	case stats.Problems > 0:
		out.note("%s, %s rejected", plural(stats.Problems, "problem"), plural(int(stats.Rejected), "item"))
		return errFinding
	case err == nil && stats.Requests == 0:
		out.note("nothing to send")
	}
	return err
}

// watchReplay shows what happens meanwhile.
func (o *output) watchReplay(options *otlpreplay.Options, bar *progress, total int64) {
	var done int64
	options.OnRead = func(n int) {
		done += int64(n)
		bar.set(done, total)
	}
	options.OnProblem = func(place string, err error) {
		bar.clear()
		o.note("%s: %v", place, err)
	}
	var told string
	options.OnRetry = func(reason error, _ time.Duration) {
		if reason.Error() == told { // once is enough
			return
		}
		told = reason.Error()
		bar.clear()
		o.note("%v; trying again", reason)
	}
}

// options checks the flags.
func (f *replayFlags) options(files []string) (o otlpreplay.Options, err error) {
	switch {
	case f.endpoint == "":
		return o, withHint(errors.New("--endpoint is missing"), "try --endpoint http://127.0.0.1:4318")
	case len(files) == 0:
		return o, withHint(errors.New("no file to send"), "name OTLP-JSON files, or - for standard input")
	case f.shift != "" && f.shift != "now":
		return o, withHint(fmt.Errorf("--shift: unknown value %q", f.shift), "the only one is now")
	case !(f.rate >= 0 && f.rate <= 1e9): // NaN, too
		return o, errors.New("--rate must be from 0 to 1e9")
	case f.repeat < 1 || f.repeat > 1_000_000:
		return o, errors.New("--repeat must be from 1 to 1000000")
	case f.timeout <= 0:
		return o, errors.New("--timeout must be more than 0")
	}
	for _, name := range files {
		if name == "-" && (f.shift != "" || f.repeat > 1) {
			return o, withHint(errors.New("standard input can be read only once"), "write it to a file to use --shift or --repeat")
		}
	}
	o = otlpreplay.Options{
		Timeout: f.timeout, Rate: f.rate, Repeat: f.repeat, Gzip: f.gzip, FreshIDs: f.freshIDs, ShiftToNow: f.shift == "now",
	}
	if o.Endpoint, err = otlpreplay.ParseEndpoint(f.endpoint); err != nil {
		return o, withHint(fmt.Errorf("--endpoint: %w", err), "try --endpoint http://127.0.0.1:4318")
	}
	o.Header, err = parseHeaders(f.headers)
	return o, err
}

// parseHeaders reads name=value pairs. Its errors hold no value, for that may be a secret.
func parseHeaders(pairs []string) (http.Header, error) {
	header := http.Header{}
	for i, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" ||
			strings.ContainsAny(value, "\r\n\x00") {
			return nil, withHint(fmt.Errorf("--header: number %d is not name=value", i+1), "for example --header 'Authorization=Bearer …'")
		}
		name = textproto.CanonicalMIMEHeaderKey(name)
		header[name] = append(header[name], value)
	}
	return header, nil
}

// openInputs makes inputs of file names, and adds up the sizes.
func openInputs(files []string, stdin io.Reader) (inputs []otlpreplay.Input, size int64, err error) {
	for _, name := range files {
		if name == "-" {
			inputs = append(inputs, otlpreplay.Input{Name: "stdin", Open: func() (io.ReadCloser, error) { return io.NopCloser(stdin), nil }})
			continue
		}
		info, err := os.Stat(name) // now, so that a typing error sends nothing at all
		if err != nil {
			return nil, 0, err
		}
		if info.IsDir() {
			return nil, 0, fmt.Errorf("%s is a directory", name)
		}
		size += info.Size()
		inputs = append(inputs, otlpreplay.Input{Name: name, Open: func() (io.ReadCloser, error) { return os.Open(name) }})
	}
	return inputs, size, nil
}
