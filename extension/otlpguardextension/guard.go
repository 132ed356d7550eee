package otlpguardextension

import (
	"bytes"
	"context"
	"io"
	"mime"
	"net/http"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/extensionmiddleware"
	"go.uber.org/zap"
	rpc "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"github.com/agentaudit/agentaudit/internal/otlpdepth"
)

const (
	// protobuf is the content type of what is looked at. The reader of JSON bears any depth that fits into a request.
	protobuf = "application/x-protobuf"
	// maxSized bounds how much memory is set aside because a sender says how much will come.
	maxSized = 4 << 20
)

// guard is the extension.
type guard struct {
	component.StartFunc
	component.ShutdownFunc

	logger *zap.Logger
}

var (
	_ extensionmiddleware.HTTPServer = (*guard)(nil)
	_ extensionmiddleware.GRPCServer = (*guard)(nil)
)

// GetHTTPHandler implements extensionmiddleware.HTTPServer. The server calls what it returns with bodies that are
// decompressed and bounded.
func (g *guard) GetHTTPHandler(context.Context) (extensionmiddleware.WrapHTTPHandlerFunc, error) {
	return func(_ context.Context, next http.Handler) (http.Handler, error) {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if contentType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); contentType != protobuf {
				next.ServeHTTP(w, r)
				return
			}
			var body bytes.Buffer
			body.Grow(int(min(max(r.ContentLength, 0), maxSized)) + bytes.MinRead)
			_, err := body.ReadFrom(r.Body)
			if deep := otlpdepth.Check(body.Bytes()); deep != nil {
				g.refuse(w, deep)
				return
			}
			r.Body = &replay{Reader: &body, err: err, Closer: r.Body}
			next.ServeHTTP(w, r)
		}), nil
	}, nil
}

// refuse answers as OTLP/HTTP wants it.
func (g *guard) refuse(w http.ResponseWriter, reason error) {
	g.logger.Warn("Refused an OTLP request", zap.Error(reason))
	answer, err := proto.Marshal(&rpc.Status{Code: int32(codes.InvalidArgument), Message: reason.Error()})
	if err != nil {
		g.logger.Error("Couldn't encode an answer", zap.Error(err))
	}
	w.Header().Set("Content-Type", protobuf)
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write(answer) // the sender may be gone
}

// replay is a body that was read already, with the error at which that ended.
type replay struct {
	io.Reader
	io.Closer

	err error
}

func (r *replay) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err == io.EOF && r.err != nil {
		err = r.err
	}
	return n, err
}

// GetGRPCServerOptions implements extensionmiddleware.GRPCServer.
func (g *guard) GetGRPCServerOptions(context.Context) ([]grpc.ServerOption, error) {
	return []grpc.ServerOption{grpc.ForceServerCodecV2(&codec{encoding.GetCodecV2("proto"), g.logger})}, nil
}

// codec is the codec of the server, behind the guard.
type codec struct {
	encoding.CodecV2

	logger *zap.Logger
}

// Unmarshal reads a request.
func (c *codec) Unmarshal(data mem.BufferSlice, v any) error {
	whole := data.MaterializeToBuffer(mem.DefaultBufferPool())
	defer whole.Free()
	if err := otlpdepth.Check(whole.ReadOnlyData()); err != nil {
		c.logger.Warn("Refused an OTLP request", zap.Error(err))
		return err
	}
	return c.CodecV2.Unmarshal(mem.BufferSlice{whole}, v)
}
