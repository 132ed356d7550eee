package objstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Remove implements Remover. In a bucket with versions it removes the newest one by its id: that leaves no delete marker, and the
// server itself refuses it while a lock holds. It takes s3:DeleteObject and s3:DeleteObjectVersion.
func (s *S3) Remove(ctx context.Context, key string) error {
	object, err := s.object(key)
	if err != nil {
		return err
	}
	bucket := &s.config.Bucket
	head, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: object})
	if err = named(err); errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("couldn't look at %q, to remove it: %w", key, err)
	}
	if until := aws.ToTime(head.ObjectLockRetainUntilDate); until.After(time.Now()) {
		return fmt.Errorf("couldn't remove %q: %w until %s", key, ErrLocked, until.UTC().Format(time.RFC3339))
	}
	if head.ObjectLockLegalHoldStatus == types.ObjectLockLegalHoldStatusOn {
		return fmt.Errorf("couldn't remove %q: %w by a legal hold", key, ErrLocked)
	}
	in := &s3.DeleteObjectInput{Bucket: bucket, Key: object}
	if version := aws.ToString(head.VersionId); version != "" && version != "null" {
		in.VersionId = &version
	}
	if _, err := s.client.DeleteObject(ctx, in); err != nil {
		return fmt.Errorf("couldn't remove %q: %w", key, named(err))
	}
	return nil
}
