package objstore

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Location is a parsed store URL.
type Location struct {
	Dir string   // the directory of a file: URL, or empty
	S3  S3Config // what an s3: URL says
}

// S3Config says where a bucket is. Credentials are none of its business; they come from the environment, the
// profile or the platform, in the SDK's usual order.
type S3Config struct {
	Bucket    string
	Prefix    string // without slashes at its ends; empty for the whole bucket
	Region    string // empty: from the environment or profile
	Endpoint  string // empty: AWS
	PathStyle bool   // the bucket stands in the path, not in the host name
	Profile   string // empty: the default one
}

const urlHelp = "use file:///abs/dir, file:./rel/dir or s3://BUCKET/PREFIX?region=…&endpoint=…&path_style=…&profile=…"

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// ParseURL reads a store URL. It touches neither disk nor network, so configuration can be checked with it.
//
//	file:///abs/dir   file:./rel/dir
//	s3://BUCKET/PREFIX?region=eu-central-1
//	s3://BUCKET/PREFIX?endpoint=http://127.0.0.1:7070&path_style=true&profile=audit
//
// With an endpoint, path_style is true unless said otherwise and region is us-east-1. No error repeats the URL, for
// somebody may have put a password into it.
func ParseURL(raw string) (Location, error) {
	u, err := url.Parse(raw)
	if err != nil {
		if ue, ok := errors.AsType[*url.Error](err); ok {
			err = ue.Err
		}
		return Location{}, fmt.Errorf("store URL: %w; %s", err, urlHelp)
	}
	if u.User != nil {
		return Location{}, errors.New("store URL: no user or password here; credentials come from the environment, a profile or the platform")
	}
	if u.Fragment != "" {
		return Location{}, fmt.Errorf("store URL: no #fragment allowed; %s", urlHelp)
	}
	switch u.Scheme {
	case "file":
		return parseFile(u)
	case "s3":
		c, err := parseS3(u)
		return Location{S3: c}, err
	case "":
		return Location{}, fmt.Errorf("store URL: no scheme; %s", urlHelp)
	default:
		return Location{}, fmt.Errorf("store URL: unknown scheme %q; %s", u.Scheme, urlHelp)
	}
}

func parseFile(u *url.URL) (Location, error) {
	dir := u.Path
	if u.Opaque != "" {
		var err error
		if dir, err = url.PathUnescape(u.Opaque); err != nil {
			return Location{}, fmt.Errorf("store URL: %w", err)
		}
	}
	switch {
	case u.Host != "":
		return Location{}, fmt.Errorf("store URL: file://%s/… names a host; %s", u.Host, urlHelp)
	case u.RawQuery != "" || u.ForceQuery:
		return Location{}, errors.New("store URL: a file: URL takes no ?options")
	case dir == "" || strings.ContainsRune(dir, 0):
		return Location{}, fmt.Errorf("store URL: no directory; %s", urlHelp)
	}
	return Location{Dir: dir}, nil
}

func parseS3(u *url.URL) (S3Config, error) {
	c := S3Config{Bucket: u.Host, Prefix: strings.TrimSuffix(strings.TrimPrefix(u.Path, "/"), "/")}
	if u.Opaque != "" || c.Bucket == "" {
		return S3Config{}, fmt.Errorf("store URL: no bucket; %s", urlHelp)
	}
	if !bucketName.MatchString(c.Bucket) {
		return S3Config{}, fmt.Errorf("store URL: %q is no bucket name: 3 to 63 of a-z 0-9 . -", c.Bucket)
	}
	if c.Prefix != "" {
		if err := ValidateKey(c.Prefix); err != nil {
			return S3Config{}, fmt.Errorf("store URL: prefix: %w", err)
		}
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return S3Config{}, fmt.Errorf("store URL: %w", err)
	}
	for name, values := range query {
		if len(values) != 1 || values[0] == "" {
			return S3Config{}, fmt.Errorf("store URL: option %q needs exactly one value", name)
		}
		if err := c.set(name, values[0]); err != nil {
			return S3Config{}, fmt.Errorf("store URL: %w", err)
		}
	}
	if c.Endpoint != "" {
		if !query.Has("path_style") {
			c.PathStyle = true // other servers seldom have a host name per bucket
		}
		if c.Region == "" {
			c.Region = "us-east-1" // what they take unless told otherwise
		}
	}
	return c, nil
}

func (c *S3Config) set(option, value string) (err error) {
	switch option {
	case "region":
		c.Region = value
	case "profile":
		c.Profile = value
	case "path_style":
		if c.PathStyle, err = strconv.ParseBool(value); err != nil {
			return errors.New("path_style must be true or false")
		}
	case "endpoint":
		e, err := url.Parse(value)
		if err != nil || e.Scheme != "http" && e.Scheme != "https" || e.Host == "" || e.User != nil ||
			e.RawQuery != "" || e.Fragment != "" {
			return errors.New("endpoint must be http://HOST[:PORT] or https://HOST[:PORT], without user, query or fragment")
		}
		c.Endpoint = value
	default:
		return fmt.Errorf("unknown option %q; allowed are region, endpoint, path_style and profile", option)
	}
	return nil
}

// String returns the URL, with all options that aren't defaults.
func (c S3Config) String() string {
	q := url.Values{}
	for name, value := range map[string]string{"region": c.Region, "endpoint": c.Endpoint, "profile": c.Profile} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if c.PathStyle != (c.Endpoint != "") {
		q.Set("path_style", strconv.FormatBool(c.PathStyle))
	}
	u := url.URL{Scheme: "s3", Host: c.Bucket, RawQuery: q.Encode()}
	if c.Prefix != "" {
		u.Path = "/" + c.Prefix
	}
	return u.String()
}

// Open returns the store that a URL names. It makes no request and writes nothing; Check does. For S3 it reads the
// SDK's configuration files and environment.
func Open(ctx context.Context, rawURL string) (Store, error) {
	loc, err := ParseURL(rawURL)
	if err != nil {
		return nil, err
	}
	if loc.Dir != "" {
		return NewDir(loc.Dir)
	}
	return NewS3(ctx, loc.S3)
}
