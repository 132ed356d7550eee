package objstore

import (
	"context"
	"iter"
	"time"
)

// Version is one of the things that a bucket with versions keeps under a key: an object, or a marker that hides those before it.
type Version struct {
	Key      string
	ID       string
	Newest   bool // of its key: what Get sees
	Marker   bool // a delete marker
	Size     int64
	Modified time.Time
}

// Versioner is what a Store may be able to do beyond creating: tell what lies behind its keys.
type Versioner interface {
	// Versions yields what is behind each key that starts with prefix; in byte order of keys, each version once. In a bucket
	// without versions each object is its own only one. It fetches as it goes and ends at the first error, which it yields.
	Versions(ctx context.Context, prefix string) iter.Seq2[Version, error]
}

var _ Versioner = (*S3)(nil)
