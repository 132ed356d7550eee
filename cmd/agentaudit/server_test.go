package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

// otlp ANSWER… starts an OTLP/HTTP server for the rest of the script and puts its URL into $OTLP. Each request gets the next
// answer, and when all are used up, "ok":
//
//	ok          success
//	reject:N    partial success, N rejected
//	STATUS      that status
//
// The server takes down "path items authorization" of each acknowledged request; $OTLP/seen returns that.
func otlp(ts *testscript.TestScript, _ bool, answers []string) {
	var mu sync.Mutex
	var seen strings.Builder
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Path == "/seen" {
			_, _ = io.WriteString(w, seen.String())
			return
		}
		answer := "ok"
		if len(answers) > 0 {
			answer, answers = answers[0], answers[1:]
		}
		if status, err := strconv.Atoi(answer); err == nil {
			w.WriteHeader(status)
			return
		}
		rejected, _ := strings.CutPrefix(answer, "reject:")
		n, _ := strconv.ParseInt(rejected, 10, 64)
		items, body := exportOTLP(r, n)
		seen.WriteString(r.URL.Path + " " + strconv.Itoa(items) + " " + r.Header.Get("Authorization") + "\n")
		w.Header().Set("Content-Type", "application/x-protobuf")
		_, _ = w.Write(body)
	}))
	ts.Defer(s.Close)
	ts.Setenv("OTLP", s.URL)
}

// exportOTLP reads an export request and makes the answer to it.
func exportOTLP(r *http.Request, rejected int64) (items int, answer []byte) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return -1, nil
	}
	if r.URL.Path == "/v1/logs" {
		req, resp := plogotlp.NewExportRequest(), plogotlp.NewExportResponse()
		if req.UnmarshalProto(body) != nil {
			return -1, nil
		}
		resp.PartialSuccess().SetRejectedLogRecords(rejected)
		answer, _ = resp.MarshalProto()
		return req.Logs().LogRecordCount(), answer
	}
	req, resp := ptraceotlp.NewExportRequest(), ptraceotlp.NewExportResponse()
	if req.UnmarshalProto(body) != nil {
		return -1, nil
	}
	if rejected > 0 {
		resp.PartialSuccess().SetRejectedSpans(rejected)
		resp.PartialSuccess().SetErrorMessage("too \x1b[31mold")
	}
	answer, _ = resp.MarshalProto()
	return req.Traces().SpanCount(), answer
}
