package objstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Check implements Store. It reads the bucket's properties and writes nothing, so whether the policy allows PutObject
// shows at the first Put only: in a bucket with locks a probe could never be removed again.
func (s *S3) Check(ctx context.Context, want Requirements) (string, error) {
	if !want.LockMode.Valid() {
		return "", fmt.Errorf("%s: %w: lock mode %q", s, ErrUnsupported, want.LockMode)
	}
	bucket := &s.config.Bucket
	if _, err := s.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: bucket}); err != nil {
		return "", fmt.Errorf("%s: couldn't reach the bucket (it takes s3:ListBucket): %w", s, namedBucket(err))
	}
	const line = "bucket %s: create-only by If-None-Match, SHA-256 checked by the server, %s"
	if !want.LockMode.On() {
		return fmt.Sprintf(line, s.config.Bucket, "object lock not asked for"), nil
	}
	out, err := s.client.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{Bucket: bucket})
	switch {
	case codeOf(err) == "ObjectLockConfigurationNotFoundError":
		return "", fmt.Errorf("%s: %w: lock mode %s is asked for, but the bucket was made without Object Lock", s, ErrUnsupported, want.LockMode)
	case err != nil:
		return "", fmt.Errorf("%s: couldn't see whether the bucket has Object Lock (it takes s3:GetBucketObjectLockConfiguration): %w", s, named(err))
	case out.ObjectLockConfiguration == nil || out.ObjectLockConfiguration.ObjectLockEnabled != types.ObjectLockEnabledEnabled:
		return "", fmt.Errorf("%s: %w: lock mode %s is asked for, but the bucket's Object Lock is off", s, ErrUnsupported, want.LockMode)
	}
	return fmt.Sprintf(line, s.config.Bucket, "object lock "+string(want.LockMode)), nil
}

// namedBucket is named for an answer to HEAD on a bucket, which has no body to say what it is that wasn't found.
func namedBucket(err error) error {
	if region := regionOf(err); statusOf(err) == 301 && region != "" {
		return fmt.Errorf("the bucket is in region %s: %w", region, err)
	}
	if err = named(err); errors.Is(err, ErrNotFound) {
		return fmt.Errorf("%w: %v", ErrNoBucket, err) //nolint:errorlint // it isn't an object that wasn't found
	}
	return err
}
