package objstore

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Versions implements Versioner, a page per request. It takes s3:ListBucketVersions.
func (s *S3) Versions(ctx context.Context, prefix string) iter.Seq2[Version, error] {
	return func(yield func(Version, error) bool) {
		in := &s3.ListObjectVersionsInput{Bucket: &s.config.Bucket, MaxKeys: &s.pageSize, Prefix: aws.String(s.prefix + prefix)}
		var last []Version // of the page before: versitygw lists the last of a page again
		for {
			out, err := s.client.ListObjectVersions(ctx, in)
			if err != nil {
				yield(Version{}, fmt.Errorf("couldn't list the versions of %q: %w", prefix, named(err)))
				return
			}
			page := s.versions(out)
			for _, v := range page {
				if !slices.Contains(last, v) && !yield(v, nil) {
					return
				}
			}
			if !aws.ToBool(out.IsTruncated) {
				return
			}
			if aws.ToString(out.NextKeyMarker) == aws.ToString(in.KeyMarker) && aws.ToString(out.NextVersionIdMarker) == aws.ToString(in.VersionIdMarker) {
				yield(Version{}, fmt.Errorf("couldn't list the versions of %q: the server doesn't go on behind %q", prefix, aws.ToString(in.KeyMarker)))
				return
			}
			in.KeyMarker, in.VersionIdMarker, last = out.NextKeyMarker, out.NextVersionIdMarker, page
		}
	}
}

// versions merges the two lists of a page.
func (s *S3) versions(out *s3.ListObjectVersionsOutput) []Version {
	page := make([]Version, 0, len(out.Versions)+len(out.DeleteMarkers))
	add := func(key *string, v Version) {
		v.Key = strings.TrimPrefix(aws.ToString(key), s.prefix)
		if !strings.HasSuffix(v.Key, "/") { // a "folder", as in List
			page = append(page, v)
		}
	}
	for _, v := range out.Versions {
		add(v.Key, Version{ID: aws.ToString(v.VersionId), Newest: aws.ToBool(v.IsLatest), Size: aws.ToInt64(v.Size), Modified: aws.ToTime(v.LastModified)})
	}
	for _, m := range out.DeleteMarkers {
		add(m.Key, Version{ID: aws.ToString(m.VersionId), Newest: aws.ToBool(m.IsLatest), Marker: true, Modified: aws.ToTime(m.LastModified)})
	}
	slices.SortStableFunc(page, func(a, b Version) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(rank(a), rank(b)), b.Modified.Compare(a.Modified))
	})
	return page
}

// rank puts the newest version first.
func rank(v Version) int {
	if v.Newest {
		return 0
	}
	return 1
}
