package access

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// User is who asks.
type User struct {
	Name, Role string
	// Tiers are those that the user may see; nil is all.
	Tiers []string
}

// roles are the roles with their tiers.
var roles = map[string][]string{
	"auditor":   nil,
	"developer": {"debug", "info"},
}

// Anybody is who asks on loopback when there are no tokens.
var Anybody = User{Name: "local", Role: "auditor"}

// MaySee says whether the user may see events of a tier.
func (u User) MaySee(tier string) bool { return u.Tiers == nil || slices.Contains(u.Tiers, tier) }

// Narrow returns those of the wanted tiers that the user may see; all wanted if empty. None at all is a list with a name that no tier has.
func (u User) Narrow(wanted []string) []string {
	if u.Tiers == nil {
		return wanted
	}
	if len(wanted) == 0 {
		wanted = u.Tiers
	}
	seen := slices.DeleteFunc(slices.Clone(wanted), func(t string) bool { return !u.MaySee(t) })
	if len(seen) == 0 {
		return []string{"none"}
	}
	return seen
}

type userKey struct{}

// WithUser returns a context that says who asks.
func WithUser(ctx context.Context, u User) context.Context {
	return context.WithValue(ctx, userKey{}, u)
}

// From returns who asks; nobody, who may see nothing, when nobody said so.
func From(ctx context.Context) User {
	if u, ok := ctx.Value(userKey{}).(User); ok {
		return u
	}
	return User{Name: "nobody", Role: "none", Tiers: []string{}}
}

// Users are those who may ask, by the hash of their token.
type Users struct{ known []known }

type known struct {
	sum  [32]byte
	user User
}

// minToken is the shortest token that is taken, in bytes: shorter ones can be tried out.
const minToken = 16

// ReadUsers reads a file of tokens. Its errors name the line and never the token.
func ReadUsers(path string) (*Users, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the tokens: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("tokens in %s can be read by others: chmod 600", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the tokens: %w", errors.Unwrap(err))
	}
	users, err := ParseUsers(string(text))
	if err != nil {
		return nil, &fs.PathError{Op: "read tokens", Path: path, Err: err}
	}
	return users, nil
}

// ParseUsers reads the text of such a file.
func ParseUsers(text string) (*Users, error) {
	u := &Users{}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		parts := strings.Fields(line)
		if len(parts) != 3 {
			return nil, fmt.Errorf("line %d is not: role name token", number)
		}
		tiers, ok := roles[parts[0]]
		if !ok {
			return nil, fmt.Errorf("line %d: no role %q: roles are auditor and developer", number, parts[0])
		}
		sum, err := tokenSum(parts[2])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		u.known = append(u.known, known{sum, User{Name: parts[1], Role: parts[0], Tiers: tiers}})
	}
	if len(u.known) == 0 {
		return nil, errors.New("there is no user")
	}
	return u, nil
}

func tokenSum(token string) (sum [32]byte, err error) {
	if digest, ok := strings.CutPrefix(token, "sha256:"); ok {
		raw, err := hex.DecodeString(digest)
		if err != nil || len(raw) != len(sum) {
			return sum, errors.New("the token's hash is not 64 hexadecimal digits")
		}
		return [32]byte(raw), nil
	}
	if len(token) < minToken {
		return sum, fmt.Errorf("the token has fewer than %d characters", minToken)
	}
	return sha256.Sum256([]byte(token)), nil
}

// Find returns the user with that token. It takes the same time for every token.
func (u *Users) Find(token string) (User, bool) {
	sum := sha256.Sum256([]byte(token))
	var found User
	ok := 0
	for _, k := range u.known {
		if same := subtle.ConstantTimeCompare(sum[:], k.sum[:]); same == 1 {
			found, ok = k.user, 1
		}
	}
	return found, ok == 1
}
