package verify

import (
	"encoding/hex"
	"errors"
	"time"

	"github.com/agentaudit/agentaudit/internal/layout"
)

// digest is a SHA-256, in JSON 64 lower-case hexadecimal digits.
type digest [32]byte

func (d digest) String() string               { return hex.EncodeToString(d[:]) }
func (d digest) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, d[:]), nil }

func (d *digest) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(d)) {
		return errors.New("not a SHA-256 in hexadecimal")
	}
	_, err := hex.Decode(d[:], text)
	return err
}

const timeLayout = "2006-01-02T15:04:05.000000000Z"

// stamp is a time, in JSON UTC with nine digits.
type stamp struct{ time.Time }

// MarshalJSON and UnmarshalJSON hide those of time.Time, which leave zeros out.
func (s stamp) MarshalJSON() ([]byte, error) {
	return s.UTC().AppendFormat(nil, `"`+timeLayout+`"`), nil
}

func (s *stamp) UnmarshalJSON(text []byte) (err error) {
	s.Time, err = time.Parse(`"`+timeLayout+`"`, string(text))
	return err
}

// date is a UTC day, in JSON 2006-01-02.
type date struct{ layout.Date }

func (d date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func (d *date) UnmarshalText(text []byte) (err error) {
	d.Date, err = layout.ParseDate(string(text))
	return err
}
