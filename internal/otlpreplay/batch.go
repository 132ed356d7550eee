package otlpreplay

import (
	"errors"
	"fmt"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"github.com/agentaudit/agentaudit/internal/jsontext"
)

var errUnknown = errors.New("holds neither resourceSpans nor resourceLogs")

// batch is what one line holds.
type batch struct {
	traces  ptrace.Traces
	logs    plog.Logs
	skipped bool // holds another signal
}

// signals maps the members of an export request, in both spellings that OTLP readers take, to what they hold.
var signals = map[string]string{
	"resourceSpans": "traces", "resource_spans": "traces",
	"resourceLogs": "logs", "resource_logs": "logs",
	"resourceMetrics": "other", "resource_metrics": "other",
	"resourceProfiles": "other", "resource_profiles": "other",
}

// parse reads one line.
func parse(line []byte) (batch, error) {
	b := batch{traces: ptrace.NewTraces(), logs: plog.NewLogs()}
	text := string(line)
	if _, err := jsontext.Check(text); err != nil {
		return b, err
	}
	if jsontext.KindOf(text) != jsontext.Object {
		return b, errors.New("not a JSON object")
	}
	found := map[string]bool{}
	for name := range jsontext.Members(text) {
		found[signals[name]] = true
	}
	var err error
	if found["traces"] {
		var u ptrace.JSONUnmarshaler
		if b.traces, err = u.UnmarshalTraces(line); err != nil {
			return b, fmt.Errorf("no valid traces: %w", err)
		}
	}
	if found["logs"] {
		var u plog.JSONUnmarshaler
		if b.logs, err = u.UnmarshalLogs(line); err != nil {
			return b, fmt.Errorf("no valid logs: %w", err)
		}
	}
	b.skipped = found["other"]
	if !found["traces"] && !found["logs"] && !b.skipped {
		return b, errUnknown
	}
	return b, nil
}

// request is one export request, ready to be sent.
type request struct {
	path  string // under the endpoint
	items int    // spans or log records
	body  []byte // protobuf
	// rejected reads the answer: how many items were rejected, and why.
	rejected func(answer []byte) (int64, string, error)
}

const (
	tracesPath = "/v1/traces"
	logsPath   = "/v1/logs"
)

// requests returns what is to be sent of b: nothing, one or two requests.
func (b *batch) requests() (requests []request, err error) {
	if n := b.traces.SpanCount(); n > 0 {
		body, err := ptraceotlp.NewExportRequestFromTraces(b.traces).MarshalProto()
		if err != nil {
			return nil, fmt.Errorf("couldn't encode traces: %w", err)
		}
		requests = append(requests, request{tracesPath, n, body, rejectedSpans})
	}
	if n := b.logs.LogRecordCount(); n > 0 {
		body, err := plogotlp.NewExportRequestFromLogs(b.logs).MarshalProto()
		if err != nil {
			return nil, fmt.Errorf("couldn't encode logs: %w", err)
		}
		requests = append(requests, request{logsPath, n, body, rejectedLogs})
	}
	return requests, nil
}

func rejectedSpans(answer []byte) (int64, string, error) {
	r := ptraceotlp.NewExportResponse()
	err := r.UnmarshalProto(answer)
	return r.PartialSuccess().RejectedSpans(), r.PartialSuccess().ErrorMessage(), err
}

func rejectedLogs(answer []byte) (int64, string, error) {
	r := plogotlp.NewExportResponse()
	err := r.UnmarshalProto(answer)
	return r.PartialSuccess().RejectedLogRecords(), r.PartialSuccess().ErrorMessage(), err
}
