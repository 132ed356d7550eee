package objstore

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	// maxKey is S3's limit for a key in bytes, prefix included.
	maxKey = 1024
	// maxSegment is the limit of a file name on the file systems in use, and of gateways that map keys to files.
	maxSegment = 255
)

// ValidateKey refuses, with an error that wraps ErrInvalidKey, keys that some store would change, clash on or escape
// from its root with. A key is UTF-8 of at most 1024 bytes: segments of 1 to 255 bytes joined by single slashes, with
// no control characters or backslashes, and none starting with a dot. That rules out "." and ".." and keeps dot names
// free for a store's own use.
//
// One more rule binds the caller, since no store can check it for all: a key must not be a directory of another
// key ("a" and "a/b").
func ValidateKey(key string) error {
	if len(key) > maxKey {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrInvalidKey, len(key), maxKey)
	}
	if !utf8.ValidString(key) {
		return fmt.Errorf("%w: %q is not UTF-8", ErrInvalidKey, key)
	}
	if strings.ContainsFunc(key, func(r rune) bool { return unicode.IsControl(r) || r == '\\' }) {
		return fmt.Errorf("%w: %q holds a control character or a backslash", ErrInvalidKey, key)
	}
	for seg := range strings.SplitSeq(key, "/") {
		switch {
		case seg == "":
			return fmt.Errorf("%w: %q has an empty segment", ErrInvalidKey, key)
		case seg[0] == '.':
			return fmt.Errorf("%w: %q has a segment that starts with a dot", ErrInvalidKey, key)
		case len(seg) > maxSegment:
			return fmt.Errorf("%w: a segment of %d bytes, at most %d", ErrInvalidKey, len(seg), maxSegment)
		}
	}
	return nil
}

// validatePut checks what both stores check before they touch anything.
func validatePut(key string, body Body, opts PutOptions) error {
	if err := ValidateKey(key); err != nil {
		return err
	}
	switch {
	case body.Size < 0 || body.Reader == nil:
		return fmt.Errorf("%w: body without a size or reader", ErrInvalidPut)
	case !opts.LockMode.Valid():
		return fmt.Errorf("%w: unknown lock mode %q", ErrInvalidPut, opts.LockMode)
	case opts.LockMode.On() && opts.RetainUntil.IsZero():
		return fmt.Errorf("%w: lock mode %s without a date", ErrInvalidPut, opts.LockMode)
	}
	return nil
}

// locks says whether opts asks for a lock that still means something at now.
func (o PutOptions) locks(now time.Time) bool {
	return o.LockMode.On() && o.RetainUntil.After(now)
}
