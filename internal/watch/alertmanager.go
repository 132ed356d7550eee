package watch

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// Alertmanager is a receiver that speaks Alertmanager's API: POST /api/v2/alerts.
type Alertmanager struct {
	url, token string
	name       string
	hold       time.Duration
	client     *http.Client
}

// AlertmanagerOptions say where it is.
type AlertmanagerOptions struct {
	// URL is its address up to /api/v2/alerts, https or http. A user and password in it are sent as basic authentication.
	URL string
	// TokenFile holds a bearer token. It is refused without TLS, save to this machine.
	TokenFile string
	// CAFile holds the certificates to trust, in place of the system's; CertFile and KeyFile are for mutual TLS.
	CAFile, CertFile, KeyFile string
	// Timeout is for one request [10 seconds].
	Timeout time.Duration
	// Hold is how long an alert stays active there, for it is sent once [24 hours].
	Hold time.Duration
}

const (
	alertsPath      = "/api/v2/alerts"
	maxSecret       = 64 << 10
	batchOfWebhooks = 100
)

// NewAlertmanager reads the files that the options name. It makes no request.
func NewAlertmanager(o AlertmanagerOptions) (*Alertmanager, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("alertmanager: the address is no http or https URL") // it may hold a password: not told
	}
	u.Path = strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), alertsPath) + alertsPath
	a := &Alertmanager{url: u.String(), name: "alertmanager " + u.Scheme + "://" + u.Host + u.EscapedPath(), hold: o.Hold}
	if a.hold <= 0 {
		a.hold = 24 * time.Hour
	}
	if o.TokenFile != "" {
		if a.token, err = secret(o.TokenFile); err != nil {
			return nil, fmt.Errorf("%s: token file: %w", a.name, err)
		}
	}
	if (a.token != "" || u.User != nil) && u.Scheme != "https" && !loopback(u.Hostname()) {
		return nil, fmt.Errorf("%s: a token or password is not sent without TLS", a.name)
	}
	config, err := tlsOf(&o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a.name, err)
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	a.client = &http.Client{
		Timeout:   o.Timeout,
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: config, MaxIdleConns: 2, IdleConnTimeout: 30 * time.Second, ForceAttemptHTTP2: true},
		// A redirect could carry the alerts, or the token, elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return a, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func secret(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // it was only read
	data, err := io.ReadAll(io.LimitReader(f, maxSecret))
	if err != nil {
		return "", err
	}
	s := strings.TrimSpace(string(data))
	if s == "" || strings.ContainsAny(s, "\r\n") {
		return "", errors.New("it holds no single line of text")
	}
	return s, nil
}

func tlsOf(o *AlertmanagerOptions) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.CAFile != "" {
		data, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, fmt.Errorf("CA file: %w", err)
		}
		if c.RootCAs = x509.NewCertPool(); !c.RootCAs.AppendCertsFromPEM(data) {
			return nil, errors.New("CA file: there is no certificate in it")
		}
	}
	if o.CertFile != "" || o.KeyFile != "" {
		pair, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("client certificate: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// Name implements Receiver.
func (a *Alertmanager) Name() string { return a.name }

// Batch implements Receiver.
func (a *Alertmanager) Batch() int { return batchOfWebhooks }

// Close ends idle connections.
func (a *Alertmanager) Close() { a.client.CloseIdleConnections() }

// posted is an alert as the API has it. Its labels are its identity.
type posted struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt"`
	EndsAt      time.Time         `json:"endsAt"`
}

func (a *Alertmanager) post(alert *Alert, now time.Time) posted {
	p := posted{
		Labels: map[string]string{
			"alertname": "agentaudit_" + alert.Source, "rule": text(alert.Rule), "severity": alert.Severity.String(), "bucket": text(alert.Bucket),
			"fingerprint": alert.Fingerprint,
		},
		Annotations: map[string]string{"summary": alert.Summary},
		StartsAt:    alert.StartsAt.UTC(),
		EndsAt:      now.Add(a.hold).UTC(),
	}
	set := func(in map[string]string, name, value string) {
		if value = text(value); value != "" {
			in[name] = value
		}
	}
	if f := alert.Anomaly; f != nil {
		set(p.Labels, "agent", f.Agent)
		set(p.Annotations, "user_id", f.User)
		set(p.Annotations, "session_id", f.Session)
		set(p.Annotations, "trace_id", f.Trace)
		set(p.Annotations, "tool", f.Tool)
		set(p.Annotations, "seen", f.Seen)
		set(p.Annotations, "baseline", f.Baseline)
		set(p.Annotations, "event_ids", strings.Join(f.EventIDs, " "))
	}
	if f := alert.Verify; f != nil {
		set(p.Annotations, "writer", f.Writer)
		set(p.Annotations, "key", f.Key)
	}
	return p
}

// Send implements Receiver.
func (a *Alertmanager) Send(ctx context.Context, alerts []Alert) error {
	now := time.Now()
	list := make([]posted, len(alerts))
	for i := range alerts {
		list[i] = a.post(&alerts[i], now)
	}
	body, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("%w: couldn't encode it: %w", ErrRefused, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url, bytes.NewReader(body))
	if err != nil {
		return errors.New("couldn't make the request")
	}
	req.Header.Set("Content-Type", "application/json")
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	resp, err := a.client.Do(req)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err // without the URL, which may hold a secret
		}
		return fmt.Errorf("couldn't send: %w", err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxSecret)) // so that the connection can be used again
	if err := resp.Body.Close(); err != nil {
		return fmt.Errorf("couldn't send: %w", err)
	}
	switch {
	case resp.StatusCode/100 == 2:
		return nil
	case resp.StatusCode == http.StatusBadRequest, resp.StatusCode == http.StatusRequestEntityTooLarge, resp.StatusCode == http.StatusUnprocessableEntity:
		return fmt.Errorf("%w with status %d", ErrRefused, resp.StatusCode)
	}
	return fmt.Errorf("answered with status %d", resp.StatusCode)
}
