package e2e

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/agentaudit/agentaudit/test/load"
)

// nested writes a request of traces whose only attribute is a list in a list in a list…, from its end, because each
// level begins with the size of what is inside.
func nested(depth int) []byte {
	buf := make([]byte, 12*depth+100)
	at := len(buf)
	push := func(b ...byte) { at -= len(b); copy(buf[at:], b) }
	wrap := func(tag byte) {
		var size []byte
		for n := len(buf) - at; ; n >>= 7 {
			if n < 0x80 {
				size = append(size, byte(n))
				break
			}
			size = append(size, byte(n)|0x80)
		}
		push(size...)
		push(tag)
	}
	for range depth {
		wrap(1<<3 | 2) // ArrayValue.values
		wrap(5<<3 | 2) // AnyValue.array_value
	}
	wrap(2<<3 | 2)                                                       // KeyValue.value
	push(1<<3|2, 1, 'a')                                                 // KeyValue.key
	for _, tag := range []byte{9<<3 | 2, 2<<3 | 2, 2<<3 | 2, 1<<3 | 2} { // Span.attributes, spans, scope_spans, resource_spans
		wrap(tag)
	}
	return buf[at:]
}

// TestBottomlessRequest is well-formed OTLP of 40 MB that would exhaust the stack of whoever reads it level by level.
func TestBottomlessRequest(t *testing.T) {
	t.Parallel()
	c := startCollector(t, setup{})
	sender := newHTTP(c).(*overHTTP)
	defer sender.close()
	g := load.New(load.Options{Seed: 12})
	for depth, want := range map[int]int{4_000: http.StatusOK, 6_000: http.StatusBadRequest, 4_000_000: http.StatusBadRequest} {
		body := nested(depth)
		code, answer, err := sender.post(t.Context(), "/v1/traces", "application/x-protobuf", body)
		require.NoError(t, err)
		assert.Equal(t, want, code, "%d levels over HTTP: %.200s", depth, answer)
		if want == http.StatusBadRequest {
			assert.Contains(t, string(answer), "nested too deeply")
			assert.Equal(t, codes.Internal, status.Code(sendRaw(t, c, body)), "%d levels over gRPC", depth)
		} else {
			assert.NoError(t, sendRaw(t, c, body))
		}
		c.alive()
	}
	require.NoError(t, sender.send(t.Context(), g.Traces(1, 10)))
	c.stop()
	assert.Contains(t, string(c.log()), "Refused an OTLP request")
	assert.Equal(t, 20, readWorld(t, c.bucket).distinct())
}
