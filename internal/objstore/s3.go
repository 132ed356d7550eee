package objstore

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// maxPut is S3's limit for an object put in one request, in bytes.
const maxPut = 5 << 30

// S3 is a Store in a bucket of AWS S3 or a server that speaks its protocol and honours If-None-Match on PUT.
//
// The conditional PUT is what makes objects create-only, and its x-amz-checksum-sha256 header has the server refuse
// bytes that aren't ours. The server is trusted with both, and with nothing else: the trail proves the rest.
//
// A writer needs s3:PutObject, s3:GetObject (to tell a lost answer from a conflict), s3:ListBucket, and for locks
// s3:PutObjectRetention and s3:GetBucketObjectLockConfiguration; never s3:DeleteObject*. Without s3:ListBucket AWS
// answers 403 for an object that isn't there, so ErrDenied takes the place of ErrNotFound. An answer to HEAD has no
// body, so Stat can't tell a missing bucket from a missing object; Check, Get, List and Put can.
type S3 struct {
	config    S3Config
	prefix    string // before every key in the bucket: empty, or ending in a slash. Only object and List know of it
	pageSize  int32
	client    *s3.Client
	closeIdle func()
}

var _ Store = (*S3)(nil)

// String returns the URL, which never held credentials.
func (s *S3) String() string { return s.config.String() }

// Close frees the idle connections.
func (s *S3) Close() error {
	s.closeIdle()
	return nil
}

// object returns the name in the bucket of a key that it finds valid.
func (s *S3) object(key string) (*string, error) {
	if err := ValidateKey(key); err != nil {
		return nil, err
	}
	if n := len(s.prefix) + len(key); n > maxKey {
		return nil, fmt.Errorf("%w: %d bytes with the prefix, at most %d", ErrInvalidKey, n, maxKey)
	}
	return aws.String(s.prefix + key), nil
}

// Put implements Store.
func (s *S3) Put(ctx context.Context, key string, body Body, opts PutOptions) (Result, error) {
	if err := validatePut(key, body, opts); err != nil {
		return Result{}, err
	}
	if body.Size > maxPut {
		return Result{}, fmt.Errorf("%w: %d bytes, at most %d in one put", ErrInvalidPut, body.Size, int64(maxPut))
	}
	object, err := s.object(key)
	if err != nil {
		return Result{}, err
	}
	in := &s3.PutObjectInput{
		Bucket:         &s.config.Bucket,
		Key:            object,
		Body:           body.open(),
		ContentLength:  &body.Size,
		IfNoneMatch:    aws.String("*"),
		ChecksumSHA256: aws.String(base64.StdEncoding.EncodeToString(body.SHA256[:])),
	}
	if opts.ContentType != "" {
		in.ContentType = &opts.ContentType
	}
	if opts.locks(time.Now()) {
		in.ObjectLockMode = types.ObjectLockMode(strings.ToUpper(string(opts.LockMode)))
		in.ObjectLockRetainUntilDate = aws.Time(opts.RetainUntil)
	}
	_, err = s.client.PutObject(ctx, in, signBody(body.SHA256))
	if statusOf(err) == 412 {
		return s.compare(ctx, key, body)
	}
	if in.ObjectLockMode != "" && codeOf(err) == "InvalidRequest" { // "Bucket is missing Object Lock Configuration"
		return Result{}, fmt.Errorf("couldn't put %q with a lock: %w: %w", key, ErrUnsupported, err)
	}
	if err != nil {
		return Result{}, fmt.Errorf("couldn't put %q: %w", key, named(err))
	}
	return Result{}, nil
}

// compare decides about a key that exists: our own object, after an answer that got lost, or somebody else's.
func (s *S3) compare(ctx context.Context, key string, body Body) (Result, error) {
	info, err := s.Stat(ctx, key)
	if err == nil && info.Size == body.Size && info.SHA256 == [32]byte{} {
		// Put by other means, without a SHA-256 or in parts: then the bytes must tell.
		info.SHA256, err = s.hash(ctx, key)
	}
	switch {
	case errors.Is(err, ErrNotFound):
		// The server said that it exists. Keep that from being read as the answer of a Get.
		return Result{}, fmt.Errorf("couldn't put %q: it exists but can't be found: %v", key, err) //nolint:errorlint // on purpose
	case err != nil:
		return Result{}, fmt.Errorf("couldn't compare with the existing object: %w", err)
	case info.Size != body.Size || info.SHA256 != body.SHA256:
		return Result{}, fmt.Errorf("couldn't put %q: %w", key, conflict(info, body))
	}
	return Result{Existed: true, Info: info}, nil
}

func (s *S3) hash(ctx context.Context, key string) (sum [32]byte, err error) {
	r, err := s.Get(ctx, key)
	if err != nil {
		return sum, err
	}
	defer func() { _ = r.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return sum, fmt.Errorf("couldn't read %q: %w", key, err)
	}
	h.Sum(sum[:0])
	return sum, nil
}

// Get implements Store. The SDK checks the bytes against the stored checksum while they are read.
func (s *S3) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	r, _, err := s.Open(ctx, key)
	return r, err
}

// Open implements Opener.
func (s *S3) Open(ctx context.Context, key string) (io.ReadCloser, Info, error) {
	object, err := s.object(key)
	if err != nil {
		return nil, Info{}, err
	}
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{
		Bucket: &s.config.Bucket, Key: object, ChecksumMode: types.ChecksumModeEnabled,
	})
	if err != nil {
		return nil, Info{}, fmt.Errorf("couldn't get %q: %w", key, named(err))
	}
	return out.Body, Info{
		Key:         key,
		Size:        aws.ToInt64(out.ContentLength),
		SHA256:      checksum(out.ChecksumSHA256, out.ChecksumType),
		Modified:    aws.ToTime(out.LastModified),
		LockMode:    LockMode(strings.ToLower(string(out.ObjectLockMode))),
		RetainUntil: aws.ToTime(out.ObjectLockRetainUntilDate),
	}, nil
}

// Stat implements Store.
func (s *S3) Stat(ctx context.Context, key string) (Info, error) {
	object, err := s.object(key)
	if err != nil {
		return Info{}, err
	}
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{
		Bucket: &s.config.Bucket, Key: object, ChecksumMode: types.ChecksumModeEnabled,
	})
	if err != nil {
		return Info{}, fmt.Errorf("couldn't stat %q: %w", key, named(err))
	}
	return Info{
		Key:         key,
		Size:        aws.ToInt64(out.ContentLength),
		SHA256:      checksum(out.ChecksumSHA256, out.ChecksumType),
		Modified:    aws.ToTime(out.LastModified),
		LockMode:    LockMode(strings.ToLower(string(out.ObjectLockMode))),
		RetainUntil: aws.ToTime(out.ObjectLockRetainUntilDate),
	}, nil
}

// checksum returns the SHA-256 over a whole object, or zero when the server has none. That of an object put in parts
// is a hash over hashes, which says nothing about the bytes.
func checksum(b64 *string, kind types.ChecksumType) (sum [32]byte) {
	raw, err := base64.StdEncoding.Strict().DecodeString(aws.ToString(b64))
	if err != nil || len(raw) != len(sum) || kind == types.ChecksumTypeComposite {
		return sum
	}
	return [32]byte(raw)
}

// List implements Store, a page of keys per request.
func (s *S3) List(ctx context.Context, prefix, after string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		in := &s3.ListObjectsV2Input{Bucket: &s.config.Bucket, MaxKeys: &s.pageSize, Prefix: aws.String(s.prefix + prefix)}
		// MinIO ends a listing that begins after a slash too early, without saying so. So begin before it.
		last := strings.TrimRight(after, "/")
		if last != "" {
			in.StartAfter = aws.String(s.prefix + last)
		}
		for pages := s3.NewListObjectsV2Paginator(s.client, in); pages.HasMorePages(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(Info{}, fmt.Errorf("couldn't list %q: %w", prefix, named(err)))
				return
			}
			for _, o := range page.Contents {
				key, ok := strings.CutPrefix(aws.ToString(o.Key), s.prefix)
				if !ok || key <= last && last != "" {
					// Readers merge and compare by order; a server that breaks it would hide objects from them.
					yield(Info{}, fmt.Errorf("couldn't list %q: the server listed %q out of order", prefix, aws.ToString(o.Key)))
					return
				}
				last = key
				if key <= after || strings.HasSuffix(key, "/") {
					continue // the latter is a "folder" that some console made; no key of ours ends so
				}
				if !yield(Info{Key: key, Size: aws.ToInt64(o.Size), Modified: aws.ToTime(o.LastModified)}, nil) {
					return
				}
			}
		}
	}
}
