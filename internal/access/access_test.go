package access

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const token = "0123456789abcdef"

func TestParseUsers(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "no user",
		"# nobody\n":                         "no user",
		"auditor alice":                      "line 1",
		"\nking alice " + token:              "line 2: no role",
		"auditor alice short":                "fewer than 16",
		"auditor alice sha256:zz":            "64 hexadecimal",
		"auditor alice " + token + "\n# end": "",
	} {
		_, err := ParseUsers(text)
		if want == "" {
			assert.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), token)
	}
}

func TestUsersFileMustBePrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens")
	require.NoError(t, os.WriteFile(path, []byte("auditor alice "+token), 0o600))
	_, err := ReadUsers(path)
	require.NoError(t, err)
	require.NoError(t, os.Chmod(path, 0o644)) //nolint:gosec // that is the point
	_, err = ReadUsers(path)
	assert.ErrorContains(t, err, "chmod 600")
}

func TestNarrow(t *testing.T) {
	users, err := ParseUsers("auditor alice " + token + "\ndeveloper bob sha256:" + strings.Repeat("ab", 32))
	require.NoError(t, err)
	alice, ok := users.Find(token)
	require.True(t, ok)
	assert.Nil(t, alice.Narrow(nil))
	assert.Equal(t, []string{"critical"}, alice.Narrow([]string{"critical"}))
	bob := users.known[1].user
	assert.Equal(t, []string{"debug", "info"}, bob.Narrow(nil))
	assert.Equal(t, []string{"info"}, bob.Narrow([]string{"critical", "info"}))
	assert.Equal(t, []string{"none"}, bob.Narrow([]string{"critical"}))
	assert.Equal(t, []string{"none"}, From(t.Context()).Narrow([]string{"debug"}), "nobody sees nothing")
	assert.Equal(t, []string{"none"}, From(t.Context()).Narrow(nil), "nobody sees nothing")
}

func who(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(From(r.Context()).Name)) }

func TestGuard(t *testing.T) {
	users, err := ParseUsers("auditor alice " + token)
	require.NoError(t, err)
	g := &Guard{Users: users, Open: []string{"/login"}}
	h := g.Protect(http.HandlerFunc(who))
	ask := func(change func(*http.Request)) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/page", nil)
		change(r)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	assert.Equal(t, http.StatusUnauthorized, ask(func(*http.Request) {}).Code)
	assert.Equal(t, http.StatusUnauthorized, ask(func(r *http.Request) { r.Header.Set("Authorization", "Bearer wrong-wrong-wrong") }).Code)
	assert.Equal(t, "nobody", ask(func(r *http.Request) { r.URL.Path = "/login" }).Body.String())
	assert.Equal(t, "alice", ask(func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }).Body.String())

	signed := httptest.NewRecorder()
	require.False(t, g.SignIn(signed, httptest.NewRequest(http.MethodPost, "/login", nil), "wrong-wrong-wrong"))
	require.True(t, g.SignIn(signed, httptest.NewRequest(http.MethodPost, "/login", nil), token))
	cookie := signed.Result().Cookies()[0]
	assert.True(t, cookie.HttpOnly)
	assert.Equal(t, http.SameSiteStrictMode, cookie.SameSite)
	with := func(r *http.Request) { r.AddCookie(cookie) }
	assert.Equal(t, "alice", ask(with).Body.String())
	out := httptest.NewRequest(http.MethodPost, "/logout", nil)
	out.AddCookie(cookie)
	g.SignOut(httptest.NewRecorder(), out)
	assert.Equal(t, http.StatusUnauthorized, ask(with).Code)
}

func TestGuardOnLoopback(t *testing.T) {
	h := (&Guard{}).Protect(http.HandlerFunc(who))
	for host, want := range map[string]int{
		"127.0.0.1:8080": http.StatusOK, "localhost:8080": http.StatusOK, "[::1]:8080": http.StatusOK,
		"evil.example": http.StatusMisdirectedRequest, "10.0.0.1:8080": http.StatusMisdirectedRequest,
	} {
		r := httptest.NewRequest(http.MethodGet, "http://"+host+"/", nil)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		assert.Equal(t, want, w.Code, host)
	}
}

func TestGuardLimits(t *testing.T) {
	h := (&Guard{Rate: 1, Burst: 3}).Protect(http.HandlerFunc(who))
	codes := map[int]int{}
	for range 10 {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost/", nil))
		codes[w.Code]++
	}
	assert.Equal(t, 3, codes[http.StatusOK])
	assert.Equal(t, 7, codes[http.StatusTooManyRequests])
}

func TestListenRefusesToBeExposed(t *testing.T) {
	_, err := Listen(t.Context(), "0.0.0.0:0", "", "", nil)
	require.ErrorIs(t, err, ErrExposed)
	users, err := ParseUsers("auditor alice " + token)
	require.NoError(t, err)
	_, err = Listen(t.Context(), "0.0.0.0:0", "", "", users)
	require.ErrorIs(t, err, ErrExposed)
	l, err := Listen(t.Context(), "127.0.0.1:0", "", "", nil)
	require.NoError(t, err)
	require.NoError(t, l.Close())
}
