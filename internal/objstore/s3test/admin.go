package s3test

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// The owner's hand: what a store of ours never does to its bucket, for tests that play the owner or an intruder.

func (s *Server) client() *s3.Client {
	return s3.New(s3.Options{
		Region:       region,
		BaseEndpoint: aws.String(s.Endpoint()),
		UsePathStyle: true,
		Credentials:  credentials.NewStaticCredentialsProvider(accessKey, secretKey, ""),
		Retryer:      aws.NopRetryer{},
	})
}

// CreateBucket makes a bucket, with Object Lock (and so with versions) or without.
func (s *Server) CreateBucket(name string, withLock bool) {
	s.t.Helper()
	in := &s3.CreateBucketInput{Bucket: &name, ObjectLockEnabledForBucket: &withLock}
	if _, err := s.client().CreateBucket(context.Background(), in); err != nil {
		s.t.Fatalf("couldn't create bucket %s: %v", name, err)
	}
}

// Overwrite puts an object whether or not there is one, without a SHA-256.
func (s *Server) Overwrite(bucket, object string, body io.ReadSeeker) error {
	_, err := s.client().PutObject(context.Background(), &s3.PutObjectInput{Bucket: &bucket, Key: &object, Body: body})
	return err
}

// DeleteVersions deletes every version of an object for good, and returns the error of the first that is refused.
func (s *Server) DeleteVersions(bucket, object string) error {
	ctx, c := context.Background(), s.client()
	out, err := c.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: &bucket, Prefix: &object})
	if err != nil {
		return err
	}
	found := false
	for _, v := range out.Versions {
		if aws.ToString(v.Key) != object {
			continue
		}
		found = true
		if _, err := c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: &object, VersionId: v.VersionId}); err != nil {
			return fmt.Errorf("version %s: %w", aws.ToString(v.VersionId), err)
		}
	}
	if !found {
		return errors.New("no version found")
	}
	return nil
}

// Retention returns the lock of an object's current version.
func (s *Server) Retention(bucket, object string) (types.ObjectLockRetention, error) {
	out, err := s.client().GetObjectRetention(context.Background(), &s3.GetObjectRetentionInput{Bucket: &bucket, Key: &object})
	if err != nil {
		return types.ObjectLockRetention{}, err
	}
	return *out.Retention, nil
}
