package objstore

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
)

// These end connections that no longer answer. How long a whole attempt may take is the caller's to say, by context.
const (
	dialTimeout = 10 * time.Second
	tlsTimeout  = 10 * time.Second
	// headerTimeout counts from the end of the request's body. A server may take its time to put 5 GiB together.
	headerTimeout = 60 * time.Second
	idleConns     = 128
)

// NewS3 returns the store in a bucket. It makes no request.
func NewS3(ctx context.Context, c S3Config) (*S3, error) {
	load := []func(*config.LoadOptions) error{
		// One loop owns retries, and that is the caller's: two multiply.
		config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }),
		config.WithHTTPClient(httpClient()),
	}
	if c.Region != "" {
		load = append(load, config.WithRegion(c.Region))
	}
	if c.Profile != "" {
		load = append(load, config.WithSharedConfigProfile(c.Profile))
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, fmt.Errorf("couldn't load the AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		return nil, errors.New("no AWS region: add ?region=… to the store URL, or set AWS_REGION or the profile's region")
	}
	s := &S3{config: c, prefix: c.Prefix, pageSize: 1000, closeIdle: func() {}}
	if s.prefix != "" {
		s.prefix += "/"
	}
	s.client = s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = c.PathStyle
		o.DisableLogOutputChecksumValidationSkipped = true
		if c.Endpoint != "" {
			o.BaseEndpoint = &c.Endpoint
		}
		// LoadDefaultConfig may have given the client a CA bundle. Frozen, it is a plain client whose idle
		// connections can be closed.
		if b, ok := o.HTTPClient.(*awshttp.BuildableClient); ok {
			o.HTTPClient = b.Freeze()
		}
		if h, ok := o.HTTPClient.(*http.Client); ok {
			s.closeIdle = h.CloseIdleConnections
		}
	})
	return s, nil
}

func httpClient() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTimeout }).
		WithTransportOptions(func(t *http.Transport) {
			t.TLSHandshakeTimeout = tlsTimeout
			t.ResponseHeaderTimeout = headerTimeout
			t.MaxIdleConnsPerHost = idleConns
		})
}

// signBody makes the request's signature cover the body by the SHA-256 that we know already, over http and https
// alike. The SDK would read the body once more for that over http, and leave it unsigned over https.
func signBody(sum [32]byte) func(*s3.Options) {
	m := middleware.InitializeMiddlewareFunc("KnownPayloadHash",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
			middleware.InitializeOutput, middleware.Metadata, error,
		) {
			return next.HandleInitialize(v4.SetPayloadHash(ctx, hex.EncodeToString(sum[:])), in)
		})
	return s3.WithAPIOptions(func(stack *middleware.Stack) error {
		return stack.Initialize.Add(m, middleware.After)
	})
}
