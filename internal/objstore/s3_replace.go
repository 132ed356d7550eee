package objstore

import (
	"context"
	"encoding/base64"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Replace implements Replacer. In a versioned bucket the old content stays as an older version, with the lock that the
// bucket gives by default.
func (s *S3) Replace(ctx context.Context, key string, body Body, contentType string) error {
	if err := validatePut(key, body, PutOptions{}); err != nil {
		return err
	}
	object, err := s.object(key)
	if err != nil {
		return err
	}
	_, err = s.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &s.config.Bucket, Key: object, Body: body.open(), ContentLength: &body.Size, ContentType: &contentType,
		ChecksumSHA256: aws.String(base64.StdEncoding.EncodeToString(body.SHA256[:])),
	}, signBody(body.SHA256))
	if err != nil {
		return fmt.Errorf("couldn't replace %q: %w", key, named(err))
	}
	return nil
}
