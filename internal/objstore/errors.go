package objstore

import (
	"context"
	"errors"
	"net"
)

// Errors that stores wrap, for callers that branch. Anything else that goes wrong (a dead server, a full disk) comes
// as it is and may be retried.
var (
	// ErrNotFound is the answer of Get and Stat when there is no such object.
	ErrNotFound = errors.New("no such object")
	// ErrConflict means that the key exists with other bytes. No retry mends that: somebody else wrote there.
	ErrConflict = errors.New("object exists with other content")
	// ErrInvalidKey means that the key is outside the grammar of ValidateKey.
	ErrInvalidKey = errors.New("invalid object key")
	// ErrInvalidPut means that the options or the size of a Put make no sense or are beyond the store's limits.
	ErrInvalidPut = errors.New("invalid put")
	// ErrUnsupported means that the store as it is can't do what was asked, for example lock.
	ErrUnsupported = errors.New("not supported by this store")
	// ErrChecksum means that bytes weren't those that the SHA-256 or size given for them says.
	ErrChecksum = errors.New("checksum mismatch")
	// ErrDenied means missing or wrong credentials or permissions. Somebody may put that right, so it is retryable.
	ErrDenied = errors.New("access denied")
	// ErrNoBucket means that the bucket or root directory is missing. Retryable for the same reason.
	ErrNoBucket = errors.New("no such bucket")
	// ErrThrottled means that the server asked for fewer requests.
	ErrThrottled = errors.New("throttled")
	// ErrClockSkew means that the server's clock and ours differ too much for it to trust a signature.
	ErrClockSkew = errors.New("clock skew")
)

// reasons orders the errors from special to general; the first that matches gives the reason and decides on a retry.
var reasons = []struct {
	err       error
	reason    string
	retryable bool
}{
	{ErrConflict, "conflict", false},
	{ErrInvalidKey, "invalid_key", false},
	{ErrInvalidPut, "invalid_put", false},
	{ErrUnsupported, "unsupported", false},
	{ErrNotFound, "not_found", false},
	{ErrChecksum, "checksum", true},
	{ErrDenied, "denied", true},
	{ErrNoBucket, "no_bucket", true},
	{ErrThrottled, "throttled", true},
	{ErrClockSkew, "clock_skew", true},
	{context.Canceled, "canceled", false},
	{context.DeadlineExceeded, "timeout", true},
}

// Retryable says whether another attempt can end differently. It is false for nil, for ErrConflict, for what can't be
// asked of the store at all, for ErrNotFound (an answer, not a failure) and when the caller itself cancelled.
func Retryable(err error) bool {
	if err == nil {
		return false
	}
	for _, r := range reasons {
		if errors.Is(err, r.err) {
			return r.retryable
		}
	}
	return true
}

// Reason returns one word for err, from a small closed set, fit to label a metric. It is empty for nil.
func Reason(err error) string {
	if err == nil {
		return ""
	}
	for _, r := range reasons {
		if errors.Is(err, r.err) {
			return r.reason
		}
	}
	if n, ok := errors.AsType[net.Error](err); ok {
		if n.Timeout() {
			return "timeout"
		}
		return "network"
	}
	return "other"
}
