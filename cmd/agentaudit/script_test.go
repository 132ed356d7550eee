package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/rogpeppe/go-internal/testscript"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"agentaudit": main,
	})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"object": object,
			"exit":   exit,
			"otlp":   otlp,
		},
	})
}

// exit CODE COMMAND ARGS… runs a command and wants it to end with that code.
func exit(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("%s: exit code %s, want %s", strings.Join(args[1:], " "), got, args[0])
	}
}

// spec is one line of what object reads: an event, or a raw line.
type spec struct {
	ID, Time, Type, Agent, Action, Outcome, Tier, Session, Tool, Error, From, To, Approval, Trace string

	In, Out, Ms, Seq int64
	Cost             float64
	Raw              string
}

func (s spec) event(tier string) *event.Event {
	at, err := time.Parse(time.RFC3339Nano, s.Time)
	if err != nil {
		panic(err)
	}
	e := &event.Event{
		ID: s.ID, Type: event.Type("agent." + s.Type), Timestamp: pcommon.NewTimestampFromTime(at),
		AgentName: s.Agent, Action: s.Action, Outcome: s.Outcome, SessionID: s.Session, Error: s.Error,
		Tool: event.Tool{Name: s.Tool}, Handoff: event.HandoffInfo{From: s.From, To: s.To},
		Approval: event.Approval{Status: s.Approval}, Retention: event.Retention{Tier: tier},
	}
	if s.Tier != "" {
		e.Retention.Tier = s.Tier
	}
	if e.ID == "" {
		s.Seq = 0
		e.ID = uuid.NewSHA1(uuid.Nil, fmt.Appendf(nil, "%+v", s)).String()
	}
	if s.Trace != "" {
		copy(e.TraceID[:], s.Trace)
	}
	if s.In+s.Out > 0 {
		e.Tokens.Input, e.Tokens.Output = event.IntOf(s.In), event.IntOf(s.Out)
	}
	if s.Ms > 0 {
		e.DurationMS = event.FloatOf(float64(s.Ms))
	}
	if s.Cost > 0 {
		e.CostUSD = event.FloatOf(s.Cost)
	}
	return e
}

// object BUCKET KEY SPECS makes an object of the events that the file SPECS describes, as an exporter would.
func object(ts *testscript.TestScript, _ bool, args []string) {
	bucket, key, specs := args[0], args[1], ts.ReadFile(args[2])
	seg, err := layout.ParseSegment(key)
	if err != nil {
		day, err := layout.ParseDay(key)
		ts.Check(err)
		seg = layout.Segment{Tier: day.Tier, Writer: day.Writer, Compression: day.Compression}
	}
	var text []byte
	seq := int64(0)
	lines := bufio.NewScanner(strings.NewReader(specs))
	for lines.Scan() {
		var s spec
		ts.Check(json.Unmarshal(lines.Bytes(), &s))
		seq++
		if s.Seq == 0 {
			s.Seq = seq
		}
		if s.Raw != "" {
			text = append(text, s.Raw...)
		} else {
			e := s.event(seg.Tier)
			text = e.AppendBody(text)
			text = event.AppendStamp(text, seg.Writer, uint64(s.Seq), e.Timestamp.AsTime().Add(time.Second), false)
		}
		text = append(text, '\n')
	}
	name := filepath.Join(ts.MkAbs(bucket), filepath.FromSlash(key))
	ts.Check(os.MkdirAll(filepath.Dir(name), 0o755))
	ts.Check(os.WriteFile(name, pack(ts, text, seg.Compression), 0o600))
}

func pack(ts *testscript.TestScript, text []byte, c layout.Compression) []byte {
	var packed bytes.Buffer
	switch c {
	case layout.Gzip:
		w := gzip.NewWriter(&packed)
		_, err := w.Write(text)
		ts.Check(err)
		ts.Check(w.Close())
	case layout.Zstd:
		w, err := zstd.NewWriter(&packed)
		ts.Check(err)
		_, err = w.Write(text)
		ts.Check(err)
		ts.Check(w.Close())
	default:
		return text
	}
	return packed.Bytes()
}
