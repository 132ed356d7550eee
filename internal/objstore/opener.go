package objstore

import (
	"context"
	"io"
)

// Opener is what a Store may be able to do beyond the contract: say with the bytes of an object what Stat would say, in one request.
type Opener interface {
	// Open is Get and Stat.
	Open(ctx context.Context, key string) (io.ReadCloser, Info, error)
}

var _ Opener = (*S3)(nil)
