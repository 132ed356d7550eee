package s3test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// The owner's hand: what a store of ours never does to its bucket, for tests that play the owner or an intruder.

func (s *Server) client() *s3.Client { return s.clientOf(s.access, s.secret) }

// As returns the server as another user has it: what the methods of the result do, they do with that user's rights. Starting and
// stopping is not for it.
func (s *Server) As(access, secret string) *Server {
	as := *s
	as.access, as.secret = access, secret
	return &as
}

func (s *Server) clientOf(access, secret string) *s3.Client {
	return s3.New(s3.Options{
		Region:       region,
		BaseEndpoint: aws.String(s.Endpoint()),
		UsePathStyle: true,
		Credentials:  credentials.NewStaticCredentialsProvider(access, secret, ""),
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
	return s.deleteVersions(bucket, object, false)
}

// DeleteVersion deletes one version for good, bypassing governance or not.
func (s *Server) DeleteVersion(bucket, object, version string, bypass bool) error {
	in := &s3.DeleteObjectInput{Bucket: &bucket, Key: &object, VersionId: &version}
	if bypass {
		in.BypassGovernanceRetention = &bypass
	}
	_, err := s.client().DeleteObject(context.Background(), in)
	return err
}

// Newest returns the id of an object's newest version.
func (s *Server) Newest(bucket, object string) string {
	s.t.Helper()
	out, err := s.client().HeadObject(context.Background(), &s3.HeadObjectInput{Bucket: &bucket, Key: &object})
	if err != nil {
		s.t.Fatalf("couldn't find %s: %v", object, err)
	}
	return aws.ToString(out.VersionId)
}

func (s *Server) deleteVersions(bucket, object string, bypass bool) error {
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
		if err := s.DeleteVersion(bucket, object, aws.ToString(v.VersionId), bypass); err != nil {
			return fmt.Errorf("version %s: %w", aws.ToString(v.VersionId), err)
		}
	}
	if !found {
		return errors.New("no version found")
	}
	return nil
}

// HideAs deletes an object as a user would who names no version. Where there are versions that only puts a delete
// marker on top, which no lock prevents: rights have to.
func (s *Server) HideAs(access, secret, bucket, object string) error {
	_, err := s.clientOf(access, secret).DeleteObject(context.Background(), &s3.DeleteObjectInput{Bucket: &bucket, Key: &object})
	return err
}

// CreateUser makes a user without any right.
func (s *Server) CreateUser(access, secret string) {
	s.t.Helper()
	out, err := exec.Command(s.binary, "admin", "--access", accessKey, "--secret", secretKey, "--endpoint-url", s.Endpoint(),
		"create-user", "--access", access, "--secret", secret, "--role", "user").CombinedOutput()
	if err != nil {
		s.t.Fatalf("couldn't make user %s: %v: %s", access, err, out)
	}
}

// SetPolicy replaces the bucket's policy.
func (s *Server) SetPolicy(bucket, policy string) error {
	_, err := s.client().PutBucketPolicy(context.Background(), &s3.PutBucketPolicyInput{Bucket: &bucket, Policy: &policy})
	return err
}

// AddUser makes a user with no rights but the given actions, such as s3:PutObject, on one bucket and what is in it.
// It replaces the bucket's policy.
func (s *Server) AddUser(access, secret, bucket string, actions ...string) {
	s.t.Helper()
	s.CreateUser(access, secret)
	type statement struct {
		Effect, Principal string
		Action, Resource  []string
	}
	// The gateway refuses a statement whose actions don't fit all its resources.
	arn := "arn:aws:s3:::" + bucket
	whole := statement{Effect: "Allow", Principal: access, Resource: []string{arn}}
	objects := statement{Effect: "Allow", Principal: access, Resource: []string{arn + "/*"}}
	for _, action := range actions {
		if strings.Contains(action, "Bucket") {
			whole.Action = append(whole.Action, action)
		} else {
			objects.Action = append(objects.Action, action)
		}
	}
	policy := struct {
		Version   string
		Statement []statement
	}{Version: "2012-10-17"}
	for _, st := range []statement{objects, whole} {
		if len(st.Action) > 0 {
			policy.Statement = append(policy.Statement, st)
		}
	}
	text, err := json.Marshal(policy)
	if err == nil {
		err = s.SetPolicy(bucket, string(text))
	}
	if err != nil {
		s.t.Fatalf("couldn't set the policy of %s: %v", bucket, err)
	}
}

// Versions returns how many versions and delete markers each object of a bucket has. In a bucket with Object Lock an
// object that was written once and never deleted has one.
func (s *Server) Versions(bucket string) (map[string]int, error) {
	versions, seen := map[string]int{}, map[[2]string]bool{}
	count := func(key, version *string) {
		// versitygw lists what ends a page again on the next one.
		if v := [2]string{aws.ToString(key), aws.ToString(version)}; !seen[v] {
			seen[v] = true
			versions[v[0]]++
		}
	}
	pages := s3.NewListObjectVersionsPaginator(s.client(), &s3.ListObjectVersionsInput{Bucket: &bucket})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		if err != nil {
			return nil, err
		}
		for _, v := range page.Versions {
			count(v.Key, v.VersionId)
		}
		for _, m := range page.DeleteMarkers {
			count(m.Key, m.VersionId)
		}
	}
	return versions, nil
}
