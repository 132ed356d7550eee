package redact

import (
	"errors"
	"strings"

	"github.com/agentaudit/agentaudit/internal/jsontext"
	"github.com/agentaudit/agentaudit/internal/redact/keyname"
)

// document is a JSON text on its walk. What changed is written to out together with
// all that stands before it; what comes after copied still has to be.
type document struct {
	w      *walker
	text   string
	out    []byte
	copied int
	depth  int // of JSON in strings
}

// sequence redacts a text that holds JSON values one after the other, as JSON and
// JSON Lines do; what follows the last valid one is a text of its own. ok is
// false if the text does not begin with a JSON value.
func (w *walker) sequence(s, key string, class keyname.Class, depth int) (out []byte, v verdict, ok bool) {
	d := document{w: w, text: s, out: w.levels[depth].out[:0], depth: depth}
	for i := jsontext.SkipSpace(s, 0); i < len(s); i = jsontext.SkipSpace(s, i) {
		end, err := jsontext.SkipValue(s, i)
		if err != nil || !isContainer(s[i]) && (ok || jsontext.SkipSpace(s, end) < len(s)) {
			if errors.Is(err, jsontext.ErrDepth) {
				out, v = w.failed(failedDepth, depth)
				return out, v, true
			}
			if ok {
				d.tail(i, key, class)
			}
			break
		}
		if depth >= maxNested {
			out, v = w.failed(failedDepth, depth)
			return out, v, true
		}
		d.value(i, key, class)
		ok, i = true, end
	}
	if !ok || d.copied == 0 {
		return nil, unchanged, ok
	}
	out = d.finish()
	w.levels[depth].out = out
	return out, changed, true
}

func isContainer(c byte) bool { return c == '{' || c == '[' }

// tail redacts what follows the JSON, from i on.
func (d *document) tail(i int, key string, class keyname.Class) {
	explained := d.w.log.explanations()
	out, v := d.w.leaf(d.text[i:], key, class, d.depth+1)
	d.w.log.shift(explained, i)
	if v == unchanged {
		return
	}
	d.out = append(d.out, d.text[d.copied:i]...)
	d.out = append(d.out, out...)
	d.copied = len(d.text)
}

func (d *document) finish() []byte { return append(d.out, d.text[d.copied:]...) }

// value redacts the value at text[i], which is valid, and returns the index after it.
func (d *document) value(i int, key string, class keyname.Class) int {
	switch c := d.text[i]; {
	case c == '"':
		return d.string(i, key, class)
	case isContainer(c):
		if class == keyname.Secret {
			return d.maskContainer(i)
		}
		if c == '{' {
			return d.object(i, class)
		}
		return d.array(i, key, class)
	case c == '-' || c >= '0' && c <= '9':
		return d.number(i, key, class)
	default: // true, false and null tell nothing
		for i++; i < len(d.text) && d.text[i] >= 'a' && d.text[i] <= 'z'; i++ {
		}
		return i
	}
}

// object redacts the members of the object at text[i]. Inside a value that is
// secret save for its numbers, all text is.
func (d *document) object(i int, class keyname.Class) int {
	w := d.w
	top := len(w.path)
	w.path = append(w.path, step{named: true})
	var pair namedPair
	start := i
	for i = d.space(i + 1); d.text[i] != '}'; {
		keyEnd, _ := jsontext.SkipString(d.text, i)
		name := d.text[i+1 : keyEnd-1]
		if strings.IndexByte(name, '\\') >= 0 {
			name = string(jsontext.AppendUnescaped(nil, name))
		}
		w.path[top].key = d.name(i, keyEnd, name)
		i = d.space(d.space(keyEnd) + 1)
		member := w.classify(name)
		if class == keyname.SecretText && member < keyname.SecretText {
			member = class
		}
		if member < keyname.SecretText && pair.isSecret(d.text[start:], name) {
			member = keyname.Secret
		}
		i = d.space(d.value(i, name, member))
		if d.text[i] == ',' {
			i = d.space(i + 1)
		}
	}
	w.path = w.path[:top]
	return i + 1
}

// array redacts the elements of the array at text[i]: they stand under the array's
// name. An element that is a flag such as --password makes the next one secret.
func (d *document) array(i int, key string, class keyname.Class) int {
	w := d.w
	top := len(w.path)
	w.path = append(w.path, step{})
	element := class
	for i = d.space(i + 1); d.text[i] != ']'; {
		start := i
		end := d.value(i, key, element)
		element = class
		if d.text[start] == '"' && class < keyname.SecretText && isSecretName(d.text[start+1:end-1]) {
			element = keyname.Secret
		}
		i = d.space(end)
		if d.text[i] == ',' {
			i = d.space(i + 1)
		}
		w.path[top].index++
	}
	w.path = w.path[:top]
	return i + 1
}

func (d *document) space(i int) int {
	if i < len(d.text) && d.text[i] <= ' ' {
		return jsontext.SkipSpace(d.text, i)
	}
	return i
}
