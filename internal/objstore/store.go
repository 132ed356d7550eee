// Package objstore is where objects go and never change again: a bucket of an S3 server, or a local directory.
//
// [Store] is the whole contract; both stores obey it and package objstoretest checks that they do. A store keeps
// whole objects under keys, creates each of them once, and has no way to replace or delete one. [Open] makes a store
// from a URL.
//
// A store makes one attempt per call. It has no retry loop and no deadline of its own beyond what a dead connection
// needs: the caller's context bounds the attempt and the caller decides, with [Retryable], whether to make another.
// Because an identical object counts as success, making an attempt again is always safe.
package objstore

import (
	"context"
	"io"
	"iter"
	"time"
)

// Store is an append-only object store. Its methods MUST be safe for concurrent use, also by several processes on the
// same store.
type Store interface {
	// Put creates the object key with the bytes of body.
	//
	//  1. When it returns nil, the object MUST be durable and whole under key. Until then key MUST be either absent
	//     or whole, for every reader and after every crash.
	//  2. It MUST NOT replace or change an object, whoever else is writing the same key at the same time.
	//  3. When key exists with the same size and SHA-256 it MUST return nil with Existed set, and the object MUST be as
	//     durable as if this call had made it. So a retry after a lost answer is a success.
	//  4. When key exists with other bytes it MUST return an error that wraps ErrConflict.
	//  5. It MUST NOT create an object whose bytes don't have body.SHA256 and body.Size.
	//  6. A lock that the store can't give MUST be refused with ErrUnsupported. A lock whose date has passed asks for
	//     nothing any more, and the object is created without one.
	//
	// It MUST NOT hold the whole body in memory.
	Put(ctx context.Context, key string, body Body, opts PutOptions) (Result, error)

	// Get opens the object key for reading, and MUST return an error that wraps ErrNotFound when there is none. The
	// caller closes the reader. ctx covers the reading, too.
	Get(ctx context.Context, key string) (io.ReadCloser, error)

	// Stat returns what the store knows of the object key without reading it, and MUST return an error that wraps
	// ErrNotFound when there is none.
	Stat(ctx context.Context, key string) (Info, error)

	// List yields the objects whose key starts with prefix and sorts after the key after, in byte order of keys. An
	// object that was there before the call MUST be yielded; one created meanwhile may be. It fetches as it goes and
	// ends at the first error, which it yields.
	List(ctx context.Context, prefix, after string) iter.Seq2[Info, error]

	// Check refuses a store that can't do what want asks for, and else returns one line for the log that says what
	// it can do. Call it at start. A passed Check is no promise that the next Put is allowed.
	Check(ctx context.Context, want Requirements) (string, error)

	// String returns the store's URL; it MUST NOT hold credentials.
	String() string

	// Close frees connections. No other method may be called after or during it.
	Close() error
}

// PutOptions say how an object is kept.
type PutOptions struct {
	// LockMode asks the store to refuse deletion until RetainUntil; LockOff asks for no lock.
	LockMode LockMode
	// RetainUntil is the end of the lock; it must be set when LockMode is, and counts only then.
	RetainUntil time.Time
	// ContentType is the media type to answer readers with. A directory has no place for it.
	ContentType string
}

// LockMode is a mode of S3 Object Lock, spelled as in configuration.
type LockMode string

// In governance mode a principal with the right to bypass may delete, in compliance mode nobody may, not even the
// owner of the account.
const (
	LockOff        LockMode = "off"
	LockGovernance LockMode = "governance"
	LockCompliance LockMode = "compliance"
)

// On says whether m asks for a lock. The empty mode is LockOff.
func (m LockMode) On() bool { return m != "" && m != LockOff }

// Valid says whether m is one of the three modes or empty.
func (m LockMode) Valid() bool {
	return !m.On() || m == LockGovernance || m == LockCompliance
}

// Result says how Put succeeded.
type Result struct {
	// Existed means that the very same bytes were there already.
	Existed bool
	// Info describes the object found when Existed is set, so that a caller can judge its lock. It is zero otherwise.
	Info Info
}

// Info describes an object. What a store doesn't know, or didn't have to hand in a listing, is zero.
type Info struct {
	Key         string
	Size        int64
	SHA256      [32]byte // over the whole object
	Modified    time.Time
	LockMode    LockMode
	RetainUntil time.Time
}

// Requirements are what the user of a store is going to ask of it.
type Requirements struct {
	// Write means that Put will be called. Without it Check changes nothing.
	Write bool
	// LockMode is the lock that Put will ask for.
	LockMode LockMode
}
