package event

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/google/uuid"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

// SpanEventID returns the id of the ordinal-th event of type t that was read from
// a span. It depends on nothing else, so a span delivered twice, in other batches
// or through other collectors, gives the same ids.
func SpanEventID(trace pcommon.TraceID, span pcommon.SpanID, t Type, ordinal int) string {
	buf := make([]byte, 0, 128)
	buf = append(buf, "agentaudit/v1/span\x00"...)
	buf = append(buf, trace[:]...)
	buf = append(buf, span[:]...)
	buf = append(buf, t...)
	buf = append(buf, 0)
	buf = binary.AppendUvarint(buf, uint64(ordinal))
	return newID(buf)
}

// ContentID returns the id of an event of a log record, or of a span without ids, which
// have no identity but their content: e as it stands, redacted, without an id and what depends on the
// collector's configuration alone. The ordinal tells apart the events of one record. scratch
// is a buffer to use.
func ContentID(e *Event, ordinal int, scratch []byte) (string, []byte) {
	scratch = append(scratch[:0], "agentaudit/v1/log\x00"...)
	scratch = binary.AppendUvarint(scratch, uint64(ordinal))
	id, version, retention := e.ID, e.RedactionVersion, e.Retention
	e.ID, e.RedactionVersion, e.Retention = "", "", Retention{}
	scratch = e.AppendBody(scratch)
	e.ID, e.RedactionVersion, e.Retention = id, version, retention
	return newID(scratch), scratch
}

// newID makes a UUID of version 8 (RFC 9562 section 5.8) from the first 122 free
// bits of a SHA-256: enough that no two events of one trail ever share an id.
func newID(identity []byte) string {
	digest := sha256.Sum256(identity)
	id := uuid.UUID(digest[:16])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

// ParseID returns the 16 bytes of an event id.
func ParseID(id string) ([16]byte, error) { return uuid.Parse(id) }
