// Package layout is the one place where object keys are built and parsed. It does no I/O.
//
// Keys are relative to the root of a store; the store alone knows its URL prefix.
//
//	events/tier=<tier>/date=<YYYY-MM-DD>/<writer>-<seal>.jsonl[.gz|.zst]   a segment: what one writer sealed of one tier and UTC day
//	days/tier=<tier>/date=<YYYY-MM-DD>/<writer>.jsonl[.gz|.zst]            a day object: all segments of that day, end to end
//	trail/<writer>/<path>                                                  the writer's transparency log
//
// The tier=/date= form is what Athena, Trino, ClickHouse and DuckDB read as partition columns.
//
// Parsing is the exact inverse of building: a key that parses is byte for byte the key that its parts build, and
// everything else is refused with [ErrKey]. So two names can never mean one object, and a reader that finds a key
// it can't parse knows that no writer of ours made it.
//
//	tier    1 to 32 of a-z
//	date    a day of the proleptic Gregorian calendar, years 0001 to 9999, UTC
//	writer  1 to 128 of A-Z a-z 0-9 . _ - and not starting with . or -
//	seal    an unsigned 64-bit number, zero-padded to ten digits so that keys sort by it
package layout

import (
	"errors"
	"fmt"
	"strings"
)

// ErrKey is wrapped by every error that this package returns for a name or key outside the grammar.
var ErrKey = errors.New("not a key of this layout")

// The roots of the three families of keys. All keys of a family start with its root.
const (
	EventsRoot = "events/"
	DaysRoot   = "days/"
	TrailRoot  = "trail/"
)

const (
	maxTier   = 32
	maxWriter = 128
)

// ValidTier says whether s can stand as a tier in a key.
func ValidTier(s string) bool {
	if len(s) == 0 || len(s) > maxTier {
		return false
	}
	for i := range len(s) {
		if s[i] < 'a' || s[i] > 'z' {
			return false
		}
	}
	return true
}

// ValidWriter says whether s can stand as a writer's name in a key. A leading dot is refused because it would hide the
// object, a leading hyphen because it reads as an option when a file name is given to a command.
func ValidWriter(s string) bool {
	if len(s) == 0 || len(s) > maxWriter || s[0] == '.' || s[0] == '-' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

// partition is what segments and day objects have in common: root, tier and date.
func partition(root, tier string, date Date) string {
	return root + "tier=" + tier + "/date=" + date.String() + "/"
}

// TierPrefix returns the prefix of all keys of one tier under [EventsRoot] or [DaysRoot].
func TierPrefix(root, tier string) string { return root + "tier=" + tier + "/" }

// parsePartition splits key into tier, date and the file name, which holds no slash.
func parsePartition(root, key string) (tier string, date Date, file string, err error) {
	rest, ok := strings.CutPrefix(key, root+"tier=")
	if !ok {
		return "", Date{}, "", fmt.Errorf("%w: %.200q does not start with %q", ErrKey, key, root+"tier=")
	}
	tier, rest, _ = strings.Cut(rest, "/")
	if !ValidTier(tier) {
		return "", Date{}, "", fmt.Errorf("%w: bad tier in %.200q", ErrKey, key)
	}
	day, file, _ := strings.Cut(rest, "/")
	day, ok = strings.CutPrefix(day, "date=")
	if !ok {
		return "", Date{}, "", fmt.Errorf("%w: no date in %.200q", ErrKey, key)
	}
	if date, err = ParseDate(day); err != nil {
		return "", Date{}, "", fmt.Errorf("%.200q: %w", key, err)
	}
	return tier, date, file, nil
}

// check names the first part that has no place in a key.
func check(tier string, date Date, writer string, c Compression) error {
	switch {
	case !ValidTier(tier):
		return fmt.Errorf("%w: bad tier %.200q", ErrKey, tier)
	case !date.Valid():
		return fmt.Errorf("%w: bad date %v", ErrKey, date)
	case !ValidWriter(writer):
		return fmt.Errorf("%w: bad writer %.200q", ErrKey, writer)
	case !c.valid():
		return fmt.Errorf("%w: unknown compression %d", ErrKey, c)
	}
	return nil
}
