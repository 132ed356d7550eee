package report

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// encode returns v as JSON text.
func encode(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(data)
}

// maxIDs bounds how many event ids a text shows of a list.
const maxIDs = 3

// Cell returns a value for people.
func (c Column) Cell(v any) string {
	switch v := v.(type) {
	case nil:
		return "-"
	case bool:
		return map[bool]string{true: "yes", false: "no"}[v]
	case time.Time:
		if c.Kind == Day {
			return v.UTC().Format(time.DateOnly)
		}
		return Timestamp(v)
	case int64:
		return c.number(float64(v), groups(strconv.FormatInt(v, 10)))
	case float64:
		return c.number(v, trimmed(v))
	case []string:
		if c.Kind == IDs && len(v) > maxIDs {
			return strings.Join(v[:maxIDs], " ") + fmt.Sprintf(" +%d", len(v)-maxIDs)
		}
		if c.Kind == IDs {
			return strings.Join(v, " ")
		}
		return strings.Join(v, ", ")
	case string:
		return v
	}
	return encode(v)
}

func (c Column) number(v float64, text string) string {
	switch c.Kind {
	case Money:
		return USD(v)
	case Fraction:
		return strconv.FormatFloat(100*v, 'f', 1, 64) + " %"
	case Duration:
		return Milliseconds(v)
	case Text, Number, Time, Day, IDs:
	}
	return text
}

// Timestamp returns a time to the millisecond, in UTC.
func Timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// USD returns dollars; small amounts keep their digits.
func USD(v float64) string {
	digits := 2
	if v != 0 && math.Abs(v) < 1 {
		digits = 4
	}
	return "$" + groups(strconv.FormatFloat(v, 'f', digits, 64))
}

// Milliseconds returns a duration in the unit that suits it.
func Milliseconds(v float64) string {
	d := time.Duration(v * float64(time.Millisecond))
	switch {
	case v < 1:
		return strconv.FormatFloat(v, 'f', 2, 64) + " ms"
	case v < 1000:
		return strconv.FormatFloat(v, 'f', 0, 64) + " ms"
	case d < 2*time.Minute:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	}
	return d.Round(time.Second).String()
}

func trimmed(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return groups(strconv.FormatFloat(v, 'f', 0, 64))
	}
	if math.Abs(v) < 1 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	return groups(strconv.FormatFloat(v, 'f', 2, 64))
}

// groups sets thin groups of three digits: 1,234,567.
func groups(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, rest, _ := strings.Cut(s, ".")
	if rest != "" {
		rest = "." + rest
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return sign + whole + rest
}
