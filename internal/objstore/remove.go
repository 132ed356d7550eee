package objstore

import (
	"context"
	"errors"
)

// ErrLocked means that a lock or a legal hold keeps the object.
var ErrLocked = errors.New("object is locked")

// Remover is what a Store may be able to do beyond creating: let an object go that nothing keeps. It needs a right that a writer
// should not have unless it is told to use it.
type Remover interface {
	// Remove removes the object key and frees its space; it MUST return nil when there is none. It MUST neither remove nor
	// hide an object that a lock or a legal hold keeps, and return an error that wraps ErrLocked.
	Remove(ctx context.Context, key string) error
}

var (
	_ Remover = (*Dir)(nil)
	_ Remover = (*S3)(nil)
)
