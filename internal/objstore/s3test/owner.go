package s3test

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// What only the owner of a bucket may ask: holds, default retention, deletion in spite of a lock.

// DefaultRetention has a bucket lock each new object for that many days, in GOVERNANCE or COMPLIANCE mode.
func (s *Server) DefaultRetention(bucket, mode string, days int32) {
	s.t.Helper()
	_, err := s.client().PutObjectLockConfiguration(context.Background(), &s3.PutObjectLockConfigurationInput{
		Bucket: &bucket,
		ObjectLockConfiguration: &types.ObjectLockConfiguration{
			ObjectLockEnabled: types.ObjectLockEnabledEnabled,
			Rule:              &types.ObjectLockRule{DefaultRetention: &types.DefaultRetention{Mode: types.ObjectLockRetentionMode(mode), Days: &days}},
		},
	})
	if err != nil {
		s.t.Fatalf("couldn't set the default retention of %s: %v", bucket, err)
	}
}

// Hold puts a legal hold on an object, or takes it off.
func (s *Server) Hold(bucket, object string, on bool) error {
	status := types.ObjectLockLegalHoldStatusOff
	if on {
		status = types.ObjectLockLegalHoldStatusOn
	}
	_, err := s.client().PutObjectLegalHold(context.Background(), &s3.PutObjectLegalHoldInput{
		Bucket: &bucket, Key: &object, LegalHold: &types.ObjectLockLegalHold{Status: status},
	})
	return err
}

// Shorten sets another end of an object's lock.
func (s *Server) Shorten(bucket, object, mode string, until time.Time, bypass bool) error {
	_, err := s.client().PutObjectRetention(context.Background(), &s3.PutObjectRetentionInput{
		Bucket: &bucket, Key: &object, BypassGovernanceRetention: &bypass,
		Retention: &types.ObjectLockRetention{Mode: types.ObjectLockRetentionMode(mode), RetainUntilDate: aws.Time(until)},
	})
	return err
}

// DeleteBypassing deletes every version of an object for good with the right to bypass governance.
func (s *Server) DeleteBypassing(bucket, object string) error {
	return s.deleteVersions(bucket, object, true)
}

// Hide puts a delete marker on top of an object with versions.
func (s *Server) Hide(bucket, object string) error {
	return s.HideAs(s.access, s.secret, bucket, object)
}

// Unhide removes the delete markers of an object.
func (s *Server) Unhide(bucket, object string) error {
	ctx, c := context.Background(), s.client()
	out, err := c.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: &bucket, Prefix: &object})
	if err != nil {
		return err
	}
	for _, m := range out.DeleteMarkers {
		if _, err := c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: m.Key, VersionId: m.VersionId}); err != nil {
			return err
		}
	}
	return nil
}
