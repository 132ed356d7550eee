package dialect

import (
	"encoding/base64"
	"math"
	"strconv"
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// contentText returns v as text: itself if it is a string or UTF-8 bytes (some SDKs send JSON
// as bytes), else as JSON.
func contentText(v pcommon.Value) string {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return v.Str()
	case pcommon.ValueTypeBytes:
		if b := v.Bytes().AsRaw(); utf8.Valid(b) {
			return string(b)
		}
	}
	return string(appendJSON(nil, v, 0))
}

// AppendJSON appends v as JSON.
func AppendJSON(dst []byte, v pcommon.Value) []byte { return appendJSON(dst, v, 0) }

// appendJSON appends v as JSON. What nests too deep for a reader becomes null.
func appendJSON(dst []byte, v pcommon.Value, depth int) []byte {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return jsontext.AppendQuoted(dst, v.Str())
	case pcommon.ValueTypeBool:
		return strconv.AppendBool(dst, v.Bool())
	case pcommon.ValueTypeInt:
		return strconv.AppendInt(dst, v.Int(), 10)
	case pcommon.ValueTypeDouble:
		if math.IsNaN(v.Double()) || math.IsInf(v.Double(), 0) {
			return append(dst, "null"...)
		}
		return strconv.AppendFloat(dst, v.Double(), 'g', -1, 64)
	case pcommon.ValueTypeBytes:
		b := v.Bytes().AsRaw()
		if isMostlyText(b) {
			return jsontext.AppendQuoted(dst, string(b))
		}
		return jsontext.AppendQuoted(dst, base64.StdEncoding.EncodeToString(b))
	case pcommon.ValueTypeMap:
		if depth == jsontext.MaxDepth {
			return append(dst, "null"...)
		}
		dst = append(dst, '{')
		first := true
		for key, member := range v.Map().All() {
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = append(jsontext.AppendQuoted(dst, key), ':')
			dst = appendJSON(dst, member, depth+1)
		}
		return append(dst, '}')
	case pcommon.ValueTypeSlice:
		if depth == jsontext.MaxDepth {
			return append(dst, "null"...)
		}
		dst = append(dst, '[')
		for i, element := range v.Slice().All() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, element, depth+1)
		}
		return append(dst, ']')
	}
	return append(dst, "null"...)
}

// isMostlyText says whether bytes are text: UTF-8, or with so few bytes that are not that it is text which came to harm.
// A redactor sees text as it is; in base64 of bytes that are none it would look in vain.
func isMostlyText(b []byte) bool {
	bad := 0
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 {
			bad++
		}
		i += size
	}
	return bad*8 <= len(b)
}
