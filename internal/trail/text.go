package trail

import (
	"encoding/hex"
	"fmt"
	"time"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/merkle"
)

// Hash is a SHA-256, as 64 lower-case hexadecimal digits in JSON.
type Hash merkle.Hash

// String returns the digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText implements encoding.TextMarshaler.
func (h Hash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *Hash) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(h)) {
		return fmt.Errorf("%.80q is no SHA-256", text)
	}
	_, err := hex.Decode(h[:], text)
	return err
}

// Time is an instant with one way to write it: UTC, nine digits of fraction.
type Time struct{ time.Time }

const timeLayout = "2006-01-02T15:04:05.000000000Z"

// MarshalText implements encoding.TextMarshaler.
func (t Time) MarshalText() ([]byte, error) { return t.UTC().AppendFormat(nil, timeLayout), nil }

// MarshalJSON keeps the embedded time's own from being used.
func (t Time) MarshalJSON() ([]byte, error) {
	return t.UTC().AppendFormat(nil, `"`+timeLayout+`"`), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *Time) UnmarshalText(text []byte) (err error) {
	t.Time, err = time.Parse(timeLayout, string(text))
	return err
}

// UnmarshalJSON keeps the embedded time's own from being used.
func (t *Time) UnmarshalJSON(text []byte) (err error) {
	t.Time, err = time.Parse(`"`+timeLayout+`"`, string(text))
	return err
}

// Day is a UTC day, as YYYY-MM-DD in JSON.
type Day struct{ layout.Date }

// DayOf returns the UTC day of t.
func DayOf(t time.Time) Day { return Day{layout.DateOf(t)} }

// MarshalText implements encoding.TextMarshaler.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Day) UnmarshalText(text []byte) (err error) {
	d.Date, err = layout.ParseDate(string(text))
	return err
}
