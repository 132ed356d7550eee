package web

import (
	"net/http"

	"github.com/agentaudit/agentaudit/internal/access"
)

func (s *server) loginPage(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "login.html", view{server: s, Page: page{title: "Sign in"}, User: access.From(r.Context())})
}

// maxForm bounds what a form may send, in bytes.
const maxForm = 16 << 10

func (s *server) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if !s.Guard.SignIn(w, r, r.PostFormValue("token")) {
		s.render(w, r, http.StatusUnauthorized, "login.html", view{server: s, Page: page{title: "Sign in"}, Problem: "no user has this token"})
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *server) logout(w http.ResponseWriter, r *http.Request) {
	s.Guard.SignOut(w, r)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}
