package event

import (
	"encoding/hex"
	"math"
	"strconv"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/jsontext"
)

const opening = `{"schema":"` + Schema + `"`

// AppendJSON appends the stored form of e, without a newline.
func (e *Event) AppendJSON(dst []byte) []byte {
	dst = append(dst, opening...)
	return append(e.appendFields(dst, fields), '}')
}

// AppendBody appends the stored form of e up to the stamp and leaves the object
// open for [AppendStamp].
func (e *Event) AppendBody(dst []byte) []byte {
	dst = append(dst, opening...)
	return e.appendFields(dst, bodyFields)
}

// AppendStamp closes an object that [Event.AppendBody] left open. The writer's
// name needs no escaping, by its format.
func AppendStamp(dst []byte, writer string, seq uint64, ingestedAt time.Time, conflict bool) []byte {
	dst = append(dst, `,"writer":"`...)
	dst = append(dst, writer...)
	dst = append(dst, `","seq":`...)
	dst = strconv.AppendUint(dst, seq, 10)
	dst = append(dst, `,"ingested_at":"`...)
	dst = appendTime(dst, ingestedAt.UTC())
	dst = append(dst, '"')
	if conflict {
		dst = append(dst, `,"conflict":true`...)
	}
	return append(dst, '}')
}

func (e *Event) appendFields(dst []byte, rows []field) []byte {
	group := ""
	for i := range rows {
		f := &rows[i]
		value := f.at(e)
		if isAbsent(value) {
			continue
		}
		if f.group == group {
			dst = append(dst, f.next...)
		} else {
			if group != "" {
				dst = append(dst, '}')
			}
			dst = append(dst, f.first...)
			group = f.group
		}
		dst = appendValue(dst, value)
	}
	if group != "" {
		dst = append(dst, '}')
	}
	return dst
}

// isAbsent says whether the value that a row points to is not there. Numbers
// that JSON can't hold are not.
func isAbsent(value any) bool {
	switch v := value.(type) {
	case *string:
		return *v == ""
	case *JSON:
		return v.text == ""
	case *Int:
		return !v.Set
	case *Float:
		return !v.Set || math.IsNaN(v.Value) || math.IsInf(v.Value, 0)
	case *Bool:
		return !v.Set
	case *Type:
		return *v == ""
	case *pcommon.Timestamp:
		return *v == 0
	case *pcommon.TraceID:
		return v.IsEmpty()
	case *pcommon.SpanID:
		return v.IsEmpty()
	}
	return true
}

func appendValue(dst []byte, value any) []byte {
	switch v := value.(type) {
	case *string:
		return jsontext.AppendQuoted(dst, *v)
	case *JSON:
		return append(dst, v.text...)
	case *Int:
		return strconv.AppendInt(dst, v.Value, 10)
	case *Float:
		return appendFloat(dst, v.Value)
	case *Bool:
		return strconv.AppendBool(dst, v.Value)
	case *Type:
		return jsontext.AppendQuoted(dst, string(*v))
	case *pcommon.Timestamp:
		dst = append(dst, '"')
		dst = appendTime(dst, v.AsTime())
		return append(dst, '"')
	case *pcommon.TraceID:
		return appendHex(dst, v[:])
	case *pcommon.SpanID:
		return appendHex(dst, v[:])
	}
	return dst
}

func appendHex(dst, id []byte) []byte {
	dst = append(dst, '"')
	dst = hex.AppendEncode(dst, id)
	return append(dst, '"')
}

// appendFloat writes the shortest text that reads back as v.
func appendFloat(dst []byte, v float64) []byte {
	format := byte('f')
	if abs := math.Abs(v); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, v, format, -1, 64)
}

const timeLayout = "2006-01-02T15:04:05.000000000Z"

// appendTime writes t, in UTC, with nine digits of fraction. Digits by hand: the
// general formatter costs a tenth of the whole line.
func appendTime(dst []byte, t time.Time) []byte {
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	dst = append(dst, timeLayout...)
	text := dst[len(dst)-len(timeLayout):]
	putDigits(text[0:4], year)
	putDigits(text[5:7], int(month))
	putDigits(text[8:10], day)
	putDigits(text[11:13], hour)
	putDigits(text[14:16], minute)
	putDigits(text[17:19], second)
	putDigits(text[20:29], t.Nanosecond())
	return dst
}

func putDigits(dst []byte, v int) {
	for i := len(dst) - 1; i >= 0; i-- {
		dst[i] = byte('0' + v%10)
		v /= 10
	}
}
