package objstore

import "context"

// Replacer is what a Store may be able to do beyond creating: keep one small file up to date that points to what was
// created. It is for files that prove nothing, since anybody who may put may replace them.
type Replacer interface {
	// Replace makes body the content of key, whatever it was, without a lock. A reader MUST see the old content or
	// all of the new. It need not be durable.
	Replace(ctx context.Context, key string, body Body, contentType string) error
}

var (
	_ Replacer = (*Dir)(nil)
	_ Replacer = (*S3)(nil)
)
