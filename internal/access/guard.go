package access

import (
	"crypto/rand"
	"encoding/hex"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	cookieName = "agentaudit_session"
	// sessionLife is how long a browser stays known.
	sessionLife = 12 * time.Hour
	maxSessions = 10_000
	maxLimiters = 10_000
)

// Guard lets known users through, and no more of them than the rate allows.
type Guard struct {
	// Users may ask; nil lets everybody be Anybody.
	Users *Users
	// Secure marks the cookie for TLS only.
	Secure bool
	// Rate is requests a second for each address, Burst how many may come at once; 50 and 200 if zero. Unknown tokens
	// count ten times, so that trying them out is slow.
	Rate, Burst int
	// Open are the paths that need no user: the sign-in page and its style.
	Open []string
	// Denied answers a request without a user; a plain 401 if nil.
	Denied http.HandlerFunc

	mu       sync.Mutex // guards what follows
	sessions map[string]session
	limiters map[string]*rate.Limiter
}

type session struct {
	user User
	ends time.Time
}

// Protect returns h behind the guard. The request's context says who asks.
func (g *Guard) Protect(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limiter := g.limiter(r)
		if !limiter.Allow() {
			w.Header().Set("Retry-After", "1")
			http.Error(w, "too many requests", http.StatusTooManyRequests)
			return
		}
		if g.Users == nil && !loopbackHost(r.Host) {
			// A page elsewhere that makes its own name resolve to 127.0.0.1 still sends its name.
			http.Error(w, "ask for 127.0.0.1 or localhost", http.StatusMisdirectedRequest)
			return
		}
		if g.Users == nil {
			h.ServeHTTP(w, r.WithContext(WithUser(r.Context(), Anybody)))
			return
		}
		user, ok := g.user(r)
		if ok {
			h.ServeHTTP(w, r.WithContext(WithUser(r.Context(), user)))
			return
		}
		if slices.Contains(g.Open, r.URL.Path) {
			h.ServeHTTP(w, r)
			return
		}
		if r.Header.Get("Authorization") != "" {
			limiter.AllowN(time.Now(), 10)
		}
		w.Header().Set("WWW-Authenticate", `Bearer realm="agentaudit"`)
		if g.Denied != nil {
			g.Denied(w, r)
			return
		}
		http.Error(w, "a token is needed", http.StatusUnauthorized)
	})
}

func loopbackHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (g *Guard) user(r *http.Request) (User, bool) {
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return g.Users.Find(strings.TrimSpace(token))
	}
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return User{}, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	s, ok := g.sessions[cookie.Value]
	if ok && time.Now().After(s.ends) {
		delete(g.sessions, cookie.Value)
		return User{}, false
	}
	return s.user, ok
}

// SignIn gives a browser a session for a token.
func (g *Guard) SignIn(w http.ResponseWriter, r *http.Request, token string) bool {
	if g.Users == nil {
		return true
	}
	user, ok := g.Users.Find(token)
	if !ok {
		g.limiter(r).AllowN(time.Now(), 10)
		return false
	}
	var id [32]byte
	_, _ = rand.Read(id[:]) // never fails
	value := hex.EncodeToString(id[:])
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.sessions == nil || len(g.sessions) >= maxSessions {
		g.sessions = map[string]session{} // all sign in again: better than to grow
	}
	g.sessions[value] = session{user, time.Now().Add(sessionLife)}
	http.SetCookie(w, g.cookie(value, int(sessionLife.Seconds())))
	return true
}

// SignOut ends a browser's session.
func (g *Guard) SignOut(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(cookieName); err == nil {
		g.mu.Lock()
		delete(g.sessions, cookie.Value)
		g.mu.Unlock()
	}
	http.SetCookie(w, g.cookie("", -1))
}

func (g *Guard) cookie(value string, age int) *http.Cookie {
	return &http.Cookie{Name: cookieName, Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: g.Secure, SameSite: http.SameSiteStrictMode}
}

func (g *Guard) limiter(r *http.Request) *rate.Limiter {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if l := g.limiters[host]; l != nil {
		return l
	}
	if g.limiters == nil || len(g.limiters) >= maxLimiters {
		g.limiters = map[string]*rate.Limiter{}
	}
	each, burst := g.Rate, g.Burst
	if each <= 0 {
		each = 50
	}
	if burst <= 0 {
		burst = 200
	}
	l := rate.NewLimiter(rate.Limit(each), burst)
	g.limiters[host] = l
	return l
}
