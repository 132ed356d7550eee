package redact

import (
	"strings"

	"github.com/agentaudit/agentaudit/internal/jsontext"
	"github.com/agentaudit/agentaudit/internal/redact/keyname"
)

// string redacts the string at text[i].
func (d *document) string(i int, key string, class keyname.Class) int {
	end, _ := jsontext.SkipString(d.text, i)
	out, v := d.w.text(d.plain(i, end), key, class, d.depth+1)
	d.put(i, end, out, v)
	return end
}

// plain is what the string at text[i:end] stands for. It is good until the next call at this depth.
func (d *document) plain(i, end int) string {
	s := d.text[i+1 : end-1]
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	lv := &d.w.levels[d.depth]
	lv.decoded = jsontext.AppendUnescaped(lv.decoded[:0], s)
	return view(lv.decoded)
}

// put writes the string out in place of text[i:end].
func (d *document) put(i, end int, out []byte, v verdict) {
	if v == unchanged {
		return
	}
	d.out = append(d.out, d.text[d.copied:i]...)
	if v == dropped {
		d.out = append(d.out, "null"...)
	} else {
		d.out = jsontext.AppendQuoted(d.out, view(out))
	}
	d.copied = end
}

// number redacts the number at text[i]: under a secret name all of it; else it may be a
// payment card's.
func (d *document) number(i int, key string, class keyname.Class) int {
	end := i + 1
	for end < len(d.text) && isNumberByte(d.text[end]) {
		end++
	}
	s := d.text[i:end]
	if class == keyname.Secret {
		out, v := d.w.replace(&keyRule, s, d.depth+1)
		d.put(i, end, out, v)
		if v != unchanged {
			return end
		}
		key, class = "", keyname.Plain // kept: the rule does not apply here, the detectors do
	} else if class < keyname.SecretText && d.w.r.policy.isUser(key) {
		if out, v := d.w.replace(&userRule, s, d.depth+1); v != unchanged {
			d.put(i, end, out, v)
			return end
		}
	}
	if len(s) >= minTellingDigits && class == keyname.Plain {
		out, v := d.w.leaf(s, key, class, d.depth+1)
		d.put(i, end, out, v)
	}
	return end
}

// minTellingDigits is the length of the shortest number that may be personal data.
const minTellingDigits = 9

func isNumberByte(c byte) bool {
	return c >= '0' && c <= '9' || c == '.' || c == '-' || c == '+' || c|0x20 == 'e'
}

// maskContainer replaces the array or object at text[i] whole.
func (d *document) maskContainer(i int) int {
	end, _ := jsontext.SkipValue(d.text, i)
	if end == i+2 {
		return end // empty
	}
	out, v := d.w.replace(&keyRule, d.text[i:end], d.depth+1)
	if v == unchanged { // kept: the rule does not apply here, the detectors do
		if d.text[i] == '{' {
			return d.object(i, keyname.Plain)
		}
		return d.array(i, "", keyname.Plain)
	}
	d.put(i, end, out, v)
	return end
}

// minTellingName is the length of the shortest name that may be a secret itself.
const minTellingName = 8

// name redacts a member's name, which stands at text[i:end], and returns what
// may be said of it in a path.
func (d *document) name(i, end int, name string) string {
	if len(name) < minTellingName {
		return name
	}
	known := d.w.remembered(name)
	if known != nil && known.clean && known.met == d.w.log.met && d.w.log.explain == nil {
		return name
	}
	top, found := len(d.w.path)-1, d.w.log.Len()
	d.w.path[top].key = "*" // the path of a secret name must not hold it
	out, v := d.w.leaf(d.plain(i, end), "", keyname.Plain, d.depth+1)
	if v == unchanged {
		if known != nil && d.w.log.Len() == found {
			known.clean, known.met = true, d.w.log.met
		}
		return name
	}
	if v == dropped {
		out = []byte(redactedName)
	}
	d.put(i, end, out, changed)
	return redactedName
}

const redactedName = "[REDACTED]"

// namedPair knows of one object whether it is a name beside a value, such as
// {"name":"Authorization","value":"..."}, and the name that of a secret; and whether it is a JSON Web Key. Each is looked
// up once an object, lest one of nothing but such members cost the square of its size.
type namedPair struct{ known, secret, keyKnown, key bool }

func (p *namedPair) isSecret(object, member string) bool {
	switch member {
	case "value", "Value", "val", "v", "stringValue", "default":
		return p.named(object)
	case "d", "p", "q", "dp", "dq", "qi", "k": // of a JSON Web Key (RFC 7518)
		if !p.keyKnown {
			p.keyKnown = true
			_, p.key = jsontext.Get(object, "kty")
		}
		return p.key
	}
	return false
}

// named says whether the name beside the value is that of a secret.
func (p *namedPair) named(object string) bool {
	if p.known {
		return p.secret
	}
	p.known = true
	for name, text := range jsontext.Members(object) {
		switch name {
		case "name", "Name", "key", "Key", "k", "header", "field", "id", "param", "variable":
			if value, ok := jsontext.Unquote(text); ok && keyname.IsSecret(value) {
				p.secret = true
				return true
			}
		}
	}
	return false
}

// isSecretName says whether an element of an array names the secret that comes next:
// a flag of a command line, or the name in a pair of a header.
func isSecretName(s string) bool {
	if len(s) < 3 || len(s) > 40 || strings.IndexByte(s, ' ') >= 0 || strings.IndexByte(s, '=') >= 0 {
		return false
	}
	if s[0] == '-' {
		return keyname.Classify(s) >= keyname.SecretText
	}
	switch strings.ToLower(s) {
	case "authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key", "x-auth-token":
		return true
	}
	return false
}

// isPlaceholder says that a secret is not there any more: what redacted it stands in its place.
func isPlaceholder(s string) bool {
	if len(s) > 64 {
		return false
	}
	switch strings.ToLower(strings.Trim(s, "<>[]{}()_ *'\"")) {
	case "", "redacted", "not specified", "not serializable", "n/a", "unknown", "none", "null", "undefined", "true", "false", "masked", "hidden", "filtered", "removed", "omitted":
		return true
	}
	return strings.HasPrefix(s, "[REDACTED:") && s[len(s)-1] == ']' && strings.Count(s, "]") == 1
}

// isCount says whether a text is nothing but a number short enough for a count.
func isCount(s string) bool {
	if len(s) > 12 {
		return false
	}
	for i := range len(s) {
		if (s[i] < '0' || s[i] > '9') && s[i] != '.' && s[i] != ',' {
			return false
		}
	}
	return true
}
