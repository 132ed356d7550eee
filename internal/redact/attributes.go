package redact

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/jsontext"
	"github.com/agentaudit/agentaudit/internal/redact/detect"
	"github.com/agentaudit/agentaudit/internal/redact/keyname"
)

// Map redacts the values and the names of m in place and says whether it changed
// anything. It is for telemetry that goes on to others.
func (r *Redactor) Map(l *Log, path string, m pcommon.Map) bool {
	return r.mapInPlace(l, path, keyname.Plain, m, 0)
}

// Value redacts v, which stands under key, in place and says whether it changed anything. What is dropped is empty then.
func (r *Redactor) Value(l *Log, path, key string, v pcommon.Value) bool {
	changed, remove := r.guarded(l, path, key, keyname.Plain, v, 0)
	if remove {
		pcommon.NewValueEmpty().MoveTo(v)
	}
	return changed || remove
}

// renaming is an attribute whose name is to go.
type renaming struct{ from, to string }

func (r *Redactor) mapInPlace(l *Log, path string, outer keyname.Class, m pcommon.Map, depth int) bool {
	changed := false
	var renamed []renaming
	// By place, not by name: what comes over the wire may have two of a name.
	m.RemoveIf(func(k string, v pcommon.Value) bool {
		name := r.attributeName(l, path, k)
		if name != k {
			renamed = append(renamed, renaming{k, name})
		}
		c, remove := r.guarded(l, member(path, name), k, outer, v, depth+1)
		changed = changed || c || remove
		return remove
	})
	for i, n := range renamed {
		rename(m, n, i)
	}
	return changed || len(renamed) > 0
}

// rename gives an attribute its redacted name. Two may have the same: the later gets a number.
func rename(m pcommon.Map, n renaming, i int) {
	old, ok := m.Get(n.from)
	if !ok {
		return // dropped
	}
	if _, taken := m.Get(n.to); taken || n.to == "" {
		n.to += "#" + strconv.Itoa(i+2)
	}
	value := pcommon.NewValueEmpty()
	old.MoveTo(value)
	m.Remove(n.from)
	value.MoveTo(m.PutEmpty(n.to))
}

// guarded redacts v. A panic costs this value alone. remove says that v is to go.
func (r *Redactor) guarded(l *Log, path, key string, outer keyname.Class, v pcommon.Value, depth int) (changed, remove bool) {
	defer func() {
		if recover() != nil {
			v.SetStr(failure(l, path, failedPanic))
			changed, remove = true, false
		}
	}()
	return r.valueInPlace(l, path, key, inherit(outer, r.policy.classify(key)), v, depth)
}

// inherit is the class of a member: inside a value that is secret save for its
// numbers, all text is.
func inherit(outer, own keyname.Class) keyname.Class {
	if outer == keyname.SecretText && own < keyname.SecretText {
		return outer
	}
	return own
}

func (r *Redactor) valueInPlace(l *Log, path, key string, class keyname.Class, v pcommon.Value, depth int) (changed, remove bool) {
	if depth > jsontext.MaxDepth {
		v.SetStr(failure(l, path, failedDepth))
		return true, false
	}
	if rule := r.wholeRule(key, class, v); rule != nil {
		switch out, action := r.wholeValue(l, path, rule, v); action {
		case Keep: // the rule does not apply here, the detectors do
			if rule == &keyRule {
				key, class = "", keyname.Plain
			}
		case Drop:
			return true, true
		default:
			v.SetStr(out)
			return true, false
		}
	}
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return r.textInPlace(l, path, key, class, v.Str(), v.SetStr)
	case pcommon.ValueTypeInt:
		digits := strconv.FormatInt(v.Int(), 10)
		if len(digits) < minTellingDigits || class != keyname.Plain {
			return false, false
		}
		return r.textInPlace(l, path, key, class, digits, v.SetStr)
	case pcommon.ValueTypeBytes:
		return r.bytesInPlace(l, path, key, class, v)
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

// wholeRule is the rule that takes, for its name, a value whole that is no text: a number, a container, bytes.
// nil if there is none.
func (r *Redactor) wholeRule(key string, class keyname.Class, v pcommon.Value) *detect.Rule {
	switch t := v.Type(); {
	case class == keyname.Secret && (t == pcommon.ValueTypeInt || t == pcommon.ValueTypeDouble || t == pcommon.ValueTypeBytes ||
		t == pcommon.ValueTypeMap && v.Map().Len() > 0 || t == pcommon.ValueTypeSlice && v.Slice().Len() > 0):
		return &keyRule
	case class == keyname.SecretText && t == pcommon.ValueTypeBytes && !utf8.Valid(v.Bytes().AsRaw()):
		return &keyRule // a secret in binary
	case class < keyname.SecretText && t == pcommon.ValueTypeInt && r.policy.isUser(key):
		return &userRule
	}
	return nil
}

// wholeValue gives what stands for v after rule, and what was done.
func (r *Redactor) wholeValue(l *Log, path string, rule *detect.Rule, v pcommon.Value) (string, Action) {
	var text string
	if v.Type() == pcommon.ValueTypeBytes {
		text = string(v.Bytes().AsRaw())
	} else {
		text = v.AsString()
	}
	action := r.decide(l, rule, text, path, 0)
	if action == Keep {
		return "", Keep
	}
	l.add(path, rule.ID, string(action))
	return string(r.appendReplacement(nil, rule, action, text)), action
}

func (r *Redactor) textInPlace(l *Log, path, key string, class keyname.Class, text string, set func(string)) (changed, remove bool) {
	out := r.textOf(l, path, key, class, text)
	if out == text {
		return false, false
	}
	set(out)
	return true, out == ""
}

// bytesInPlace looks at bytes as the text that they are. In those that are no UTF-8, an image for one, only what
// can be nothing but a secret counts.
func (r *Redactor) bytesInPlace(l *Log, path, key string, class keyname.Class, v pcommon.Value) (changed, remove bool) {
	b := v.Bytes().AsRaw()
	if !utf8.Valid(b) {
		class = max(class, keyname.Structural)
	}
	return r.textInPlace(l, path, key, class, string(b), func(s string) { v.Bytes().FromRaw([]byte(s)) })
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
			return path + "/" + tokenEscaper.Replace(name)
		}
	}
	return path + "/" + name
}

var tokenEscaper = strings.NewReplacer("~", "~0", "/", "~1")
