package watch

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAlertmanagerOverTLS(t *testing.T) {
	var authorization string
	server := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { authorization = r.Header.Get("Authorization") }))
	defer server.Close()
	dir := t.TempDir()
	ca, token := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "token")
	require.NoError(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))
	require.NoError(t, os.WriteFile(token, []byte("s3cr3t\n"), 0o600))

	a, err := NewAlertmanager(AlertmanagerOptions{URL: server.URL, CAFile: ca, TokenFile: token})
	require.NoError(t, err)
	defer a.Close()
	require.NoError(t, a.Send(t.Context(), some(1)()))
	assert.Equal(t, "Bearer s3cr3t", authorization)

	unknown, err := NewAlertmanager(AlertmanagerOptions{URL: server.URL, TokenFile: token})
	require.NoError(t, err)
	defer unknown.Close()
	err = unknown.Send(t.Context(), some(1)())
	require.ErrorContains(t, err, "certificate")
	assert.NotContains(t, err.Error(), "s3cr3t")
}

func TestNoSecretsAreTold(t *testing.T) {
	const url = "http://user:pa55word@127.0.0.1:1/base/?key=pa55word"
	a, err := NewAlertmanager(AlertmanagerOptions{URL: url})
	require.NoError(t, err)
	assert.Equal(t, "alertmanager http://127.0.0.1:1/base/api/v2/alerts", a.Name())
	err = a.Send(t.Context(), some(1)())
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "pa55word")
	for _, bad := range []string{"ftp://user:pa55word@host", "http://user:pa55word@host\x7f", "http://user:pa55word@alerts.example.com", "::pa55word"} {
		_, err := NewAlertmanager(AlertmanagerOptions{URL: bad})
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "pa55word")
	}
	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte("s3cr3t"), 0o600))
	_, err = NewAlertmanager(AlertmanagerOptions{URL: "http://alerts.example.com", TokenFile: token})
	assert.ErrorContains(t, err, "not sent without TLS")
	require.NoError(t, os.WriteFile(token, []byte("a\nb"), 0o600))
	_, err = NewAlertmanager(AlertmanagerOptions{URL: "https://alerts.example.com", TokenFile: token})
	assert.ErrorContains(t, err, "no single line")
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := newFake(t, httptest.NewServer)
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL+alertsPath, http.StatusTemporaryRedirect))
	defer server.Close()
	a, err := NewAlertmanager(AlertmanagerOptions{URL: server.URL})
	require.NoError(t, err)
	defer a.Close()
	require.ErrorContains(t, a.Send(t.Context(), some(1)()), "status 307")
	assert.Empty(t, elsewhere.received())
}

func TestASlowReceiver(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	a, err := NewAlertmanager(AlertmanagerOptions{URL: server.URL, Timeout: 20 * time.Millisecond})
	require.NoError(t, err)
	defer a.Close()
	require.ErrorContains(t, a.Send(t.Context(), some(1)()), "couldn't send")
}

func TestHostileTextStaysText(t *testing.T) {
	fake := newFake(t, httptest.NewServer)
	a := fake.receiver(AlertmanagerOptions{})
	evil := "x\x1b[2J\r\nX-Evil: 1\u202e" + strings.Repeat("é", 2000) + "\xff"
	alert := ofAlertTest(1, evil)
	require.NoError(t, a.Send(t.Context(), []Alert{alert}))
	for _, value := range []string{fake.got[0].Labels["agent"], fake.got[0].Annotations["summary"]} {
		assert.NotContains(t, value, "\x1b")
		assert.NotContains(t, value, "\n")
		assert.NotContains(t, value, "\u202e")
		assert.LessOrEqual(t, len([]rune(value)), maxText)
	}
}

// script writes a program.
func script(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "notify")
	require.NoError(t, os.WriteFile(file, []byte("#!/bin/sh\n"+text), 0o700)) //nolint:gosec // to be run
	return file
}

func TestCommand(t *testing.T) {
	t.Setenv("AWS_SECRET_ACCESS_KEY", "s3cr3t")
	out := filepath.Join(t.TempDir(), "out")
	c, err := NewCommand(script(t, `cat > "$1"; env >> "$1.env"; echo noise; exit 0`), []string{out}, 0)
	require.NoError(t, err)
	require.NoError(t, c.Send(t.Context(), some(1)()))
	data, err := os.ReadFile(out)
	require.NoError(t, err)
	var got Alert
	require.NoError(t, json.Unmarshal(data, &got))
	assert.Equal(t, alertOf(0), got)
	env, err := os.ReadFile(out + ".env")
	require.NoError(t, err)
	assert.NotContains(t, string(env), "s3cr3t")
	assert.NotContains(t, c.Name(), out)
}

func TestCommandThatFails(t *testing.T) {
	c, err := NewCommand(script(t, `echo a secret >&2; exit 3`), nil, 0)
	require.NoError(t, err)
	err = c.Send(t.Context(), some(1)())
	require.EqualError(t, err, "exit status 3")
	c, err = NewCommand(script(t, `exec sleep 60`), nil, 20*time.Millisecond)
	require.NoError(t, err)
	require.ErrorContains(t, c.Send(t.Context(), some(1)()), "longer than 20ms")
	_, err = NewCommand(filepath.Join(t.TempDir(), "none"), nil, 0)
	require.Error(t, err)
	_, err = New(options(some(0), "", &notes{}, c, c))
	assert.ErrorContains(t, err, "two receivers")
}
