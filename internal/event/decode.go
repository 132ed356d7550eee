package event

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/agentaudit/agentaudit/internal/jsontext"
)

// Decode reads one stored line, without its newline, into e. It is strict: an
// unknown member, one out of order or twice, a value of the wrong type or in another
// spelling than the encoder's, white space between tokens, or a missing identity is an
// error that names the member. A line that decodes encodes to the same bytes, save
// for an alias in event_type, which becomes its canonical name.
func Decode(line []byte, e *Event) error {
	*e = Event{}
	text := string(line) // the event keeps parts of it
	compact, err := jsontext.Check(text)
	if err != nil {
		return err
	}
	if !compact || !strings.HasPrefix(text, opening) {
		return fmt.Errorf("not a line of %s: it must begin with %s and hold no white space between tokens", Schema, opening)
	}
	d := decoder{event: e}
	first := true
	for key, value := range jsontext.Members(text) {
		if first { // "schema", checked above
			first = false
			continue
		}
		if err := d.member("", key, value); err != nil {
			return err
		}
	}
	return e.checkIdentity()
}

func (e *Event) checkIdentity() error {
	switch {
	case e.ID == "":
		return errors.New("event_id is missing")
	case e.Type == "":
		return errors.New("event_type is missing")
	case e.Timestamp == 0 || e.Timestamp > math.MaxInt64:
		return errors.New("timestamp is missing or after the year 2262")
	case e.Retention.Tier == "":
		return errors.New("retention.tier is missing")
	}
	return nil
}

// decoder walks the table along with the members, so that order and uniqueness
// need no bookkeeping.
type decoder struct {
	event *Event
	row   int // the next row that may match
}

func (d *decoder) member(group, key, value string) error {
	for i := d.row; i < len(fields); i++ {
		f := &fields[i]
		switch {
		case f.group == group && f.member == key:
			d.row = i + 1
			if err := parseValue(f, f.at(d.event), value); err != nil {
				return fmt.Errorf("%s: %w", f.name, err)
			}
			return nil
		case group == "" && f.group == key:
			d.row = i
			return d.members(key, value)
		}
	}
	if group != "" {
		key = group + "." + key
	}
	return fmt.Errorf("member %q is unknown, out of order or there twice", key)
}

func (d *decoder) members(group, value string) error {
	if jsontext.KindOf(value) != jsontext.Object || value == "{}" {
		return fmt.Errorf("%s: want an object with members", group)
	}
	for key, v := range jsontext.Members(value) {
		if err := d.member(group, key, v); err != nil {
			return err
		}
	}
	for d.row < len(fields) && fields[d.row].group == group {
		d.row++ // a group comes once
	}
	return nil
}

// parseValue reads the text of a member into what the row points to.
func parseValue(f *field, target any, value string) error {
	switch v := target.(type) {
	case *string:
		text, err := parseText(value)
		*v = text
		if err == nil && f.format != nil && !f.format.valid(text) {
			return fmt.Errorf("%q is not allowed", text)
		}
		return err
	case *JSON:
		v.text = value
		return nil
	case *Int:
		n, err := strconv.ParseInt(value, 10, 64)
		*v = IntOf(n)
		return sameSpelling(err, value, strconv.AppendInt(nil, n, 10))
	case *Float:
		n, err := strconv.ParseFloat(value, 64)
		*v = FloatOf(n)
		return sameSpelling(err, value, appendFloat(nil, n))
	case *Bool:
		*v = BoolOf(value == "true")
		if value != "true" && value != "false" {
			return fmt.Errorf("want true or false, not %s", value)
		}
		return nil
	case *Type:
		text, err := parseText(value)
		t, ok := ParseType(text)
		if err == nil && !ok {
			return fmt.Errorf("%q is no event type", text)
		}
		*v = t
		return err
	case *pcommon.Timestamp:
		return parseTime(v, value)
	case *pcommon.TraceID:
		return parseID(v[:], value)
	case *pcommon.SpanID:
		return parseID(v[:], value)
	}
	return errors.New("no such kind of value")
}

func sameSpelling(err error, got string, want []byte) error {
	if err != nil {
		return errors.New("want a number in range")
	}
	if got != string(want) {
		return fmt.Errorf("number is spelled %s, want %s", got, want)
	}
	return nil
}

func parseText(value string) (string, error) {
	text, ok := jsontext.Unquote(value)
	switch {
	case !ok:
		return "", errors.New("want a string")
	case text == "":
		return "", errors.New("empty, should be absent")
	case strings.IndexByte(value, '\\') >= 0 && jsontext.Quote(text) != value:
		return "", errors.New("escaped otherwise than the encoder does")
	}
	return text, nil
}

func parseTime(v *pcommon.Timestamp, value string) error {
	text, err := parseText(value)
	if err != nil {
		return err
	}
	t, err := time.Parse(timeLayout, text)
	if err != nil || len(text) != len(timeLayout) {
		return fmt.Errorf("want a time like %s", timeLayout)
	}
	*v = pcommon.NewTimestampFromTime(t)
	if *v == 0 || !v.AsTime().Equal(t) {
		return errors.New("time out of range")
	}
	return nil
}

func parseID(id []byte, value string) error {
	text, err := parseText(value)
	if err != nil {
		return err
	}
	if len(text) != hex.EncodedLen(len(id)) || strings.Trim(text, "0123456789abcdef") != "" || strings.Trim(text, "0") == "" {
		return fmt.Errorf("want %d lower-case hexadecimal digits, not all zero", hex.EncodedLen(len(id)))
	}
	_, err = hex.Decode(id, []byte(text))
	return err
}
