package otlpreplay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/klauspost/compress/gzip"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"
)

// maxAnswer bounds how much of an answer is read, in bytes.
const maxAnswer = 1 << 20

// errRefused means that the server doesn't want this very content; others may fare better.
var errRefused = errors.New("refused")

// ParseEndpoint reads the base URL of an OTLP/HTTP server: http or https, a host, perhaps a path.
func ParseEndpoint(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, errors.New("not a URL")
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, errors.New("want http://HOST:PORT or https://HOST:PORT")
	case u.User != nil:
		return nil, errors.New("no user or password here, use a header")
	case u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("no query or fragment allowed")
	}
	for _, path := range []string{tracesPath, logsPath} { // people paste these
		u.Path = strings.TrimSuffix(u.Path, path)
	}
	return u, nil
}

// client sends requests to one server.
type client struct {
	endpoint *url.URL
	header   http.Header
	gzip     bool
	timeout  time.Duration
	http     *http.Client
	onRetry  func(err error, pause time.Duration)
}

func newClient(o *Options) *client {
	transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:errcheck // it is one, by its documentation
	return &client{
		endpoint: o.Endpoint, header: o.Header, gzip: o.Gzip, timeout: o.Timeout, onRetry: o.OnRetry,
		http: &http.Client{
			Transport: transport,
			// A redirect would take headers, secrets among them, to a place that nobody named.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// send sends one request, again if need be, and returns the answer.
func (c *client) send(ctx context.Context, path string, body []byte) ([]byte, error) {
	if c.gzip {
		var err error
		if body, err = pack(body); err != nil {
			return nil, fmt.Errorf("couldn't compress: %w", err)
		}
	}
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = 200*time.Millisecond, 5*time.Second
	var last error // what was wrong; Retry tells only that it gave up
	answer, err := backoff.Retry(limited, func() (answer []byte, err error) {
		answer, err = c.post(limited, path, body)
		if err != nil && (limited.Err() == nil || last == nil) {
			last = err
		}
		return answer, err
	}, backoff.WithBackOff(pause), backoff.WithMaxElapsedTime(c.timeout), backoff.WithNotify(func(_ error, pause time.Duration) {
		if c.onRetry != nil {
			c.onRetry(last, pause)
		}
	}))
	switch {
	case err == nil:
		return answer, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(last, errPassing) || limited.Err() != nil:
		return nil, fmt.Errorf("gave up after %s: %w", c.timeout, last)
	}
	return nil, last
}

// errPassing marks what may be over in a moment.
var errPassing = errors.New("for now")

// passing is an error that may be over after a pause, which is 0 if the server didn't say.
type passing struct {
	error

	pause error
}

func (p passing) Is(target error) bool { return target == errPassing }

func (p passing) Unwrap() []error { return []error{p.error, p.pause} }

// post makes one attempt.
func (c *client) post(ctx context.Context, path string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint.JoinPath(path).String(), bytes.NewReader(body))
	if err != nil {
		return nil, backoff.Permanent(err)
	}
	for name, values := range c.header {
		req.Header[name] = values
		if name == "Host" {
			req.Host = values[0]
		}
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	if c.gzip {
		req.Header.Set("Content-Encoding", "gzip")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		if connectionLost(err) {
			return nil, passing{error: err}
		}
		return nil, backoff.Permanent(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, passing{error: fmt.Errorf("couldn't read the answer: %w", err)}
	}
	return answer, judge(resp, answer)
}

// judge says what the status of an answer means.
func judge(resp *http.Response, answer []byte) error {
	if resp.StatusCode/100 == 2 {
		return nil
	}
	err := fmt.Errorf("%s answers %s%s", resp.Request.URL.Redacted(), resp.Status, reason(resp, answer))
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return passing{error: err, pause: retryAfter(resp.Header.Get("Retry-After"), time.Now())}
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		return backoff.Permanent(fmt.Errorf("%w: %w", errRefused, err))
	}
	return backoff.Permanent(err)
}

// reason returns what an answer says for itself, shortened, with a colon before it.
func reason(resp *http.Response, answer []byte) string {
	text := string(answer)
	if resp.Header.Get("Content-Type") == "application/x-protobuf" {
		var s status.Status
		if proto.Unmarshal(answer, &s) != nil {
			return ""
		}
		text = s.GetMessage()
	}
	if text = strings.TrimSpace(text); text == "" {
		return ""
	}
	return fmt.Sprintf(": %.300s", text)
}

// retryAfter reads the header of that name, seconds or a date; nil if there is none.
func retryAfter(value string, now time.Time) error {
	var pause time.Duration
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		pause = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		pause = at.Sub(now)
	} else {
		return nil
	}
	// "At once" must not become a busy loop.
	return &backoff.RetryAfterError{Duration: max(pause, 100*time.Millisecond)}
}

// connectionLost says whether the server couldn't be reached or went away meanwhile, as it does while it restarts.
func connectionLost(err error) bool {
	for _, e := range []error{syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EPIPE, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, e) {
			return true
		}
	}
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

func pack(body []byte) ([]byte, error) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	err := w.Close()
	return packed.Bytes(), err
}
