package otlpguardextension

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	rpc "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"github.com/agentaudit/agentaudit/internal/otlpdepth"
)

// request makes a request with an attribute of that depth.
func request(t *testing.T, depth int) []byte {
	t.Helper()
	td := ptrace.NewTraces()
	span := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	at := span.Attributes().PutEmpty("deep")
	for range depth {
		at = at.SetEmptySlice().AppendEmpty()
	}
	body, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalProto()
	require.NoError(t, err)
	return body
}

func newGuard(t *testing.T) *guard {
	t.Helper()
	f := NewFactory()
	e, err := f.Create(t.Context(), extensiontest.NewNopSettings(Type), f.CreateDefaultConfig())
	require.NoError(t, err)
	require.NoError(t, e.Start(t.Context(), componenttest.NewNopHost()))
	t.Cleanup(func() { assert.NoError(t, e.Shutdown(t.Context())) })
	return e.(*guard)
}

// serve sends a body through the guard, and returns the answer and what came through, nil if nothing did.
func serve(t *testing.T, contentType string, body io.Reader) (answer *httptest.ResponseRecorder, through []byte, err error) {
	t.Helper()
	wrap, wrapErr := newGuard(t).GetHTTPHandler(t.Context())
	require.NoError(t, wrapErr)
	handler, wrapErr := wrap(t.Context(), http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		through, err = io.ReadAll(r.Body)
	}))
	require.NoError(t, wrapErr)
	r := httptest.NewRequest(http.MethodPost, "/v1/traces", body)
	r.Header.Set("Content-Type", contentType)
	answer = httptest.NewRecorder()
	handler.ServeHTTP(answer, r)
	return answer, through, err
}

func TestHTTP(t *testing.T) {
	good, deep := request(t, 100), request(t, otlpdepth.Max)
	answer, through, err := serve(t, protobuf, bytes.NewReader(good))
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, answer.Code)
	assert.Equal(t, good, through)

	for _, contentType := range []string{protobuf, protobuf + "; charset=utf-8", "Application/X-Protobuf"} {
		answer, through, err = serve(t, contentType, bytes.NewReader(deep))
		require.NoError(t, err)
		assert.Nil(t, through)
		assert.Equal(t, http.StatusBadRequest, answer.Code)
		var status rpc.Status
		require.NoError(t, proto.Unmarshal(answer.Body.Bytes(), &status))
		assert.Equal(t, int32(codes.InvalidArgument), status.GetCode())
		assert.Contains(t, status.GetMessage(), "nested too deeply")
	}

	_, through, err = serve(t, "application/json", bytes.NewReader([]byte("{}")))
	require.NoError(t, err)
	assert.Equal(t, "{}", string(through))
}

// TestBrokenBody hands on the error of the body, so that the receiver answers as it would without the guard.
func TestBrokenBody(t *testing.T) {
	broken := errors.New("too large")
	_, through, err := serve(t, protobuf, io.MultiReader(bytes.NewReader([]byte("abc")), iotest.ErrReader(broken)))
	require.ErrorIs(t, err, broken)
	assert.Equal(t, "abc", string(through))
}

func TestGRPC(t *testing.T) {
	g := newGuard(t)
	options, err := g.GetGRPCServerOptions(t.Context())
	require.NoError(t, err)
	assert.Len(t, options, 1)
	c := &codec{encoding.GetCodecV2("proto"), g.logger}
	assert.Equal(t, "proto", c.Name())
	halves := func(body []byte) mem.BufferSlice {
		return mem.BufferSlice{mem.SliceBuffer(body[:len(body)/2]), mem.SliceBuffer(body[len(body)/2:])}
	}
	var message rpc.Status
	body, err := proto.Marshal(&rpc.Status{Message: "hello"})
	require.NoError(t, err)
	require.NoError(t, c.Unmarshal(halves(body), &message))
	assert.Equal(t, "hello", message.GetMessage())
	require.ErrorIs(t, c.Unmarshal(halves(request(t, otlpdepth.Max)), &message), otlpdepth.ErrTooDeep)
}
