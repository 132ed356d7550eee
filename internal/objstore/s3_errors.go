package objstore

import (
	"errors"
	"fmt"
	"net/http"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// byCode gives S3's error codes our names. Codes decide, since servers differ in the status they send with them.
var byCode = map[string]error{
	"NoSuchBucket": ErrNoBucket,
	"NoSuchKey":    ErrNotFound,
	"NotFound":     ErrNotFound, // the SDK's code for a 404 on HEAD, which has no body

	"AccessDenied":            ErrDenied,
	"AccountProblem":          ErrDenied,
	"AllAccessDisabled":       ErrDenied,
	"ExpiredToken":            ErrDenied,
	"InvalidAccessKeyId":      ErrDenied,
	"InvalidToken":            ErrDenied,
	"SignatureDoesNotMatch":   ErrDenied,
	"XAdminUserNotFound":      ErrDenied, // versitygw, with a 404
	"RequestTimeTooSkewed":    ErrClockSkew,
	"RequestExpired":          ErrClockSkew,
	"SlowDown":                ErrThrottled,
	"TooManyRequests":         ErrThrottled,
	"RequestLimitExceeded":    ErrThrottled,
	"BadDigest":               ErrChecksum,
	"InvalidDigest":           ErrChecksum,
	"IncompleteBody":          ErrChecksum,
	"EntityTooLarge":          ErrInvalidPut,
	"KeyTooLongError":         ErrInvalidKey,
	"InvalidObjectName":       ErrInvalidKey,
	"XMinioInvalidObjectName": ErrInvalidKey,

	"XAmzContentSHA256Mismatch":   ErrChecksum,
	"XAmzContentChecksumMismatch": ErrChecksum,
}

// byStatus serves answers without a code that we know.
var byStatus = map[int]error{
	http.StatusUnauthorized:       ErrDenied,
	http.StatusForbidden:          ErrDenied,
	http.StatusTooManyRequests:    ErrThrottled,
	http.StatusServiceUnavailable: ErrThrottled,
}

// named wraps err with the error of this package that it amounts to, if any. What has none, such as a reset
// connection, a 500 or a 409 ConditionalRequestConflict, may be retried as it is.
func named(err error) error {
	name, ok := byCode[codeOf(err)]
	if !ok {
		name, ok = byStatus[statusOf(err)]
	}
	if !ok {
		return err
	}
	return fmt.Errorf("%w: %w", name, err)
}

// codeOf returns the error code that the server sent, or "".
func codeOf(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	return ""
}

// statusOf returns the HTTP status that an error came with, or 0.
func statusOf(err error) int {
	if e, ok := errors.AsType[interface {
		error
		HTTPStatusCode() int
	}](err); ok {
		return e.HTTPStatusCode()
	}
	return 0
}

// regionOf returns the region that the server says the bucket is in, or "".
func regionOf(err error) string {
	if e, ok := errors.AsType[*awshttp.ResponseError](err); ok && e.Response != nil {
		return e.Response.Header.Get("x-amz-bucket-region")
	}
	return ""
}
