package layout

import (
	"fmt"
	"strings"
)

// Trail names one object under trail/. Path is what the log's own format says (tile/0/000, checkpoint), one or more
// segments of [A-Za-z0-9._-] joined by slashes, none of them empty or starting with a dot.
type Trail struct {
	Writer string
	Path   string
}

// Validate returns an error that wraps ErrKey when a part of t has no place in a key.
func (t Trail) Validate() error {
	if !ValidWriter(t.Writer) {
		return fmt.Errorf("%w: bad writer %.200q", ErrKey, t.Writer)
	}
	for seg := range strings.SplitSeq(t.Path, "/") {
		// The parts of a log's paths obey the rules of writers' names, so one check serves both.
		if !ValidWriter(seg) {
			return fmt.Errorf("%w: bad trail path %.200q", ErrKey, t.Path)
		}
	}
	return nil
}

// Key returns the key of a trail object for which Validate returns nil.
func (t Trail) Key() string { return TrailPrefix(t.Writer) + t.Path }

// ParseTrail is the inverse of [Trail.Key].
func ParseTrail(key string) (Trail, error) {
	rest, ok := strings.CutPrefix(key, TrailRoot)
	if !ok {
		return Trail{}, fmt.Errorf("%w: %.200q does not start with %q", ErrKey, key, TrailRoot)
	}
	writer, path, _ := strings.Cut(rest, "/")
	t := Trail{Writer: writer, Path: path}
	return t, t.Validate()
}

// TrailPrefix returns the root of one writer's log, with its closing slash.
func TrailPrefix(writer string) string { return TrailRoot + writer + "/" }
