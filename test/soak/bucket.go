package main

import (
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/agentaudit/agentaudit/internal/objstore/s3test"
	"github.com/agentaudit/agentaudit/internal/trail"
	"github.com/agentaudit/agentaudit/test/faultproxy"
)

// bucket is where the collector's objects go, and the way there.
type bucket interface {
	url() string    // for the collector, with faults on the way
	direct() string // for whoever looks, without
	config() []string
	// relent ends the faults.
	relent()
	faults() (befallen map[faultproxy.Fault]int64, requests int64)
	// rewritten names the objects that were written more than once, or deleted.
	rewritten() ([]string, error)
	close()
}

const bucketName = "audit"

// s3Bucket is one with versions and Object Lock.
type s3Bucket struct {
	host   *host
	server *s3test.Server
	proxy  *faultproxy.Proxy
}

func newS3Bucket(o options) (b *s3Bucket, err error) {
	for _, pair := range s3test.Env() {
		name, value, _ := strings.Cut(pair, "=")
		if err := os.Setenv(name, value); err != nil {
			return nil, err
		}
	}
	b = &s3Bucket{host: &host{}}
	err = b.host.run(func() { b.server = s3test.Start(b.host, s3test.Options{Locked: []string{bucketName}}) })
	if err == nil {
		b.proxy, err = faultproxy.Start(b.server.Endpoint(), faultproxy.Options{
			Seed: o.seed, Latency: o.latency, Jitter: 4 * o.latency, Plan: plan(o.faults),
		})
	}
	if err != nil {
		b.close()
		return nil, fmt.Errorf("couldn't start the S3 server: %w", err)
	}
	return b, nil
}

func (b *s3Bucket) direct() string { return b.server.URL(bucketName, "trail") }

func (b *s3Bucket) url() string {
	return strings.ReplaceAll(b.direct(), url.QueryEscape(b.server.Endpoint()), url.QueryEscape(b.proxy.URL()))
}

func (b *s3Bucket) config() []string { return []string{"object_lock::mode: governance"} }

func (b *s3Bucket) relent() { _ = b.proxy.Set(faultproxy.Plan{}) } // no plan is always valid

func (b *s3Bucket) faults() (map[faultproxy.Fault]int64, int64) { return b.proxy.Counts() }

func (b *s3Bucket) rewritten() (names []string, err error) {
	versions, err := b.server.Versions(bucketName)
	for name, n := range versions {
		if n != 1 && !isPointer(name) {
			names = append(names, fmt.Sprintf("%s: %d versions and delete markers", name, n))
		}
	}
	return names, err
}

func (b *s3Bucket) close() {
	if b.proxy != nil {
		_ = b.proxy.Close() // it has nothing to lose
	}
	b.host.close()
}

// isPointer knows the one file that is there to be replaced.
func isPointer(name string) bool { return strings.HasSuffix(name, "/"+trail.PointerPath) }
