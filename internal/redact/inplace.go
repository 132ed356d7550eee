package redact

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/jsontext"
	"github.com/agentaudit/agentaudit/internal/redact/keyname"
)

// Map redacts the values and the names of m in place and says whether it changed
// anything. It is for telemetry that goes on to others.
func (r *Redactor) Map(l *Log, path string, m pcommon.Map) bool {
	return r.mapInPlace(l, path, keyname.Plain, m, 0)
}

// Value redacts v, which stands under key, in place and says whether it changed anything. What is dropped is empty then.
func (r *Redactor) Value(l *Log, path, key string, v pcommon.Value) bool {
	changed, remove := r.valueInPlace(l, path, key, r.policy.classify(key), v, 0)
	if remove {
		pcommon.NewValueEmpty().MoveTo(v)
	}
	return changed || remove
}

func (r *Redactor) mapInPlace(l *Log, path string, class keyname.Class, m pcommon.Map, depth int) bool {
	changed := false
	var drop, rename []string
	for k, v := range m.All() {
		name := r.attributeName(l, path, k)
		if name != k {
			rename = append(rename, k)
		}
		c, remove := r.valueInPlace(l, member(path, name), k, inherit(class, r.policy.classify(k)), v, depth+1)
		if remove {
			drop = append(drop, k)
		}
		changed = changed || c || remove
	}
	for _, k := range drop {
		m.Remove(k)
	}
	for i, k := range rename {
		r.rename(m, k, i)
	}
	return changed || len(rename) > 0
}

// rename gives the attribute k its redacted name. Two may have the same: the later gets a number.
func (r *Redactor) rename(m pcommon.Map, k string, n int) {
	old, ok := m.Get(k)
	if !ok {
		return
	}
	var unlogged Log
	name := r.Text(&unlogged, "", "", k)
	if _, taken := m.Get(name); taken || name == "" {
		name += "#" + strconv.Itoa(n+2)
	}
	value := pcommon.NewValueEmpty()
	old.MoveTo(value)
	m.Remove(k)
	value.MoveTo(m.PutEmpty(name))
}

// valueInPlace redacts v. remove says that v is to go.
func (r *Redactor) valueInPlace(l *Log, path, key string, class keyname.Class, v pcommon.Value, depth int) (changed, remove bool) {
	if depth > jsontext.MaxDepth {
		l.add(path, "failed:"+failedDepth, string(Mask))
		v.SetStr("[REDACTION FAILED: depth]")
		return true, false
	}
	if rest, ok := r.secretValue(l, path, class, v); ok {
		if rest != "" {
			v.SetStr(rest)
		}
		return true, rest == ""
	}
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return r.textInPlace(l, path, key, v.Str(), v.SetStr)
	case pcommon.ValueTypeInt:
		digits := strconv.FormatInt(v.Int(), 10)
		if len(digits) < minTellingDigits || class != keyname.Plain {
			return false, false
		}
		return r.textInPlace(l, path, key, digits, v.SetStr)
	case pcommon.ValueTypeBytes:
		b := v.Bytes().AsRaw()
		if !utf8.Valid(b) {
			return false, false
		}
		return r.textInPlace(l, path, key, string(b), func(s string) { v.Bytes().FromRaw([]byte(s)) })
	case pcommon.ValueTypeMap:
		return r.mapInPlace(l, path, class, v.Map(), depth), false
	case pcommon.ValueTypeSlice:
		for i, e := range v.Slice().All() {
			c, gone := r.valueInPlace(l, element(path, i), key, class, e, depth+1)
			if gone { // the others keep their index
				pcommon.NewValueEmpty().MoveTo(e)
			}
			changed = changed || c || gone
		}
	}
	return changed, false
}

func (r *Redactor) textInPlace(l *Log, path, key, text string, set func(string)) (changed, remove bool) {
	out := r.Text(l, path, key, text)
	if out == text {
		return false, false
	}
	set(out)
	return true, out == ""
}

var tokenEscaper = strings.NewReplacer("~", "~0", "/", "~1")

func escapeToken(s string) string { return tokenEscaper.Replace(s) }
