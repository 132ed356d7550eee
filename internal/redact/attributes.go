package redact

import (
	"encoding/base64"
	"math"
	"strconv"
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/jsontext"
	"github.com/agentaudit/agentaudit/internal/redact/keyname"
)

// AppendValue appends v as compact, valid and redacted JSON. Text stays a JSON
// string, walked inside where it is JSON itself; bytes are text if they are UTF-8, else base64;
// NaN and the infinities are strings.
func (r *Redactor) AppendValue(dst []byte, l *Log, path, key string, v pcommon.Value) []byte {
	return r.appendValue(dst, l, path, key, r.policy.classify(key), v, 0)
}

func (r *Redactor) appendValue(dst []byte, l *Log, path, key string, class keyname.Class, v pcommon.Value, depth int) []byte {
	if depth > jsontext.MaxDepth {
		l.add(path, "failed:"+failedDepth, string(Mask))
		return append(dst, `"[REDACTION FAILED: depth]"`...)
	}
	if rest, ok := r.secretValue(l, path, class, v); ok {
		if rest == "" {
			return append(dst, "null"...)
		}
		return jsontext.AppendQuoted(dst, rest)
	}
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return jsontext.AppendQuoted(dst, r.Text(l, path, key, v.Str()))
	case pcommon.ValueTypeInt:
		return r.appendNumber(dst, l, path, key, class, strconv.FormatInt(v.Int(), 10))
	case pcommon.ValueTypeDouble:
		return appendDouble(dst, v.Double())
	case pcommon.ValueTypeBool:
		return strconv.AppendBool(dst, v.Bool())
	case pcommon.ValueTypeBytes:
		return jsontext.AppendQuoted(dst, r.bytes(l, path, key, v.Bytes().AsRaw()))
	case pcommon.ValueTypeMap:
		return r.appendMap(dst, l, path, class, v.Map(), depth)
	case pcommon.ValueTypeSlice:
		dst = append(dst, '[')
		for i, e := range v.Slice().All() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = r.appendValue(dst, l, element(path, i), key, class, e, depth+1)
		}
		return append(dst, ']')
	}
	return append(dst, "null"...)
}

func (r *Redactor) appendMap(dst []byte, l *Log, path string, class keyname.Class, m pcommon.Map, depth int) []byte {
	dst = append(dst, '{')
	first := true
	for k, v := range m.All() {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		name := r.attributeName(l, path, k)
		dst = append(jsontext.AppendQuoted(dst, name), ':')
		dst = r.appendValue(dst, l, member(path, name), k, inherit(class, r.policy.classify(k)), v, depth+1)
	}
	return append(dst, '}')
}

// inherit is the class of a member: inside a value that is secret save for its
// numbers, all text is.
func inherit(outer, own keyname.Class) keyname.Class {
	if outer == keyname.SecretText && own < keyname.SecretText {
		return outer
	}
	return own
}

// secretValue applies the key rule to what is no text: numbers and containers. ok
// is false where the rule leaves the value to others. "" drops it.
func (r *Redactor) secretValue(l *Log, path string, class keyname.Class, v pcommon.Value) (string, bool) {
	if class != keyname.Secret {
		return "", false
	}
	var text string
	switch v.Type() {
	case pcommon.ValueTypeInt, pcommon.ValueTypeDouble:
		text = v.AsString()
	case pcommon.ValueTypeBytes:
		text = string(v.Bytes().AsRaw())
	case pcommon.ValueTypeMap:
		if v.Map().Len() == 0 {
			return "", false
		}
		text = v.AsString()
	case pcommon.ValueTypeSlice:
		if v.Slice().Len() == 0 {
			return "", false
		}
		text = v.AsString()
	default:
		return "", false
	}
	action := r.policy.action(&keyRule, path)
	if action == Keep {
		return "", false
	}
	l.add(path, keyRule.ID, string(action))
	if action == Drop {
		return "", true
	}
	return string(r.appendReplacement(nil, &keyRule, action, text)), true
}

func (r *Redactor) appendNumber(dst []byte, l *Log, path, key string, class keyname.Class, digits string) []byte {
	if len(digits) >= minTellingDigits && class == keyname.Plain {
		if text := r.Text(l, path, key, digits); text != digits {
			return jsontext.AppendQuoted(dst, text)
		}
	}
	return append(dst, digits...)
}

// appendDouble writes the shortest number that reads back the same.
func appendDouble(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return jsontext.AppendQuoted(dst, strconv.FormatFloat(f, 'g', -1, 64))
	}
	form := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		form = 'e'
	}
	return strconv.AppendFloat(dst, f, form, -1, 64)
}

func (r *Redactor) bytes(l *Log, path, key string, b []byte) string {
	if utf8.Valid(b) {
		return r.Text(l, path, key, string(b))
	}
	return base64.StdEncoding.EncodeToString(b)
}

// attributeName redacts the name of an attribute.
func (r *Redactor) attributeName(l *Log, path, name string) string {
	if len(name) < minTellingName {
		return name
	}
	return r.Text(l, path+"/*", "", name)
}

func element(path string, i int) string { return path + "/" + strconv.Itoa(i) }

// member is path with one more reference token (RFC 6901).
func member(path, name string) string {
	for i := range len(name) {
		if name[i] == '~' || name[i] == '/' {
			return path + "/" + escapeToken(name)
		}
	}
	return path + "/" + name
}
