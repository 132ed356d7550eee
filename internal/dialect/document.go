package dialect

import (
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// Document says which members of a JSON object in an attribute hold fields, where no key of its own does.
type Document struct {
	Key     string
	Members []Key
}

// readDocument sets fields from the members of a JSON object. The others stay among the rest.
func (f *Facts) readDocument(d *Document, attributes pcommon.Map) {
	v, ok := attributes.Get(d.Key)
	if !ok {
		return
	}
	text := contentText(v)
	if jsontext.KindOf(text) != jsontext.Object {
		return
	}
	for _, m := range d.Members {
		if member, ok := jsontext.Get(text, m.Name); ok && !f.Has(m.Field) {
			f.Set(m.Field, plain(member))
		}
	}
	f.keepMembers(d, text)
}

// keepMembers leaves of a document among the rest what no field holds.
func (f *Facts) keepMembers(d *Document, text string) {
	for i := range f.Rest {
		if f.Rest[i].Key != d.Key {
			continue
		}
		if _, err := jsontext.Check(text); err != nil {
			return
		}
		left := []byte{'{'}
		for key, member := range jsontext.Members(text) {
			if f.holds(d, key, member) {
				continue
			}
			if len(left) > 1 {
				left = append(left, ',')
			}
			left = append(append(append(append(left, '"'), key...), '"', ':'), member...)
		}
		if len(left) == 1 {
			f.Rest = slices.Delete(f.Rest, i, i+1)
			return
		}
		f.Rest[i].Value = pcommon.NewValueStr(string(append(left, '}')))
		return
	}
}

func (f *Facts) holds(d *Document, key, member string) bool {
	for _, m := range d.Members {
		if m.Name == key {
			return f.Content(m.Field) == plain(member)
		}
	}
	return false
}

// plain returns the text of a JSON string, nothing for null, else the value as it is.
func plain(value string) string {
	if s, ok := jsontext.Unquote(value); ok {
		return s
	}
	if value == "null" {
		return ""
	}
	return value
}
