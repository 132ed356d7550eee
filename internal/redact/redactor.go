package redact

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"hash/maphash"
	"strings"
	"sync"
	"unsafe"

	"github.com/agentaudit/agentaudit/internal/redact/detect"
)

// Redactor is a compiled configuration. It is immutable and safe for concurrent use.
type Redactor struct {
	cfg       Config
	key       []byte
	macs      sync.Pool // of *keyed
	generated bool
	version   string
	detectors *detect.Set
	policy    policy
	walkers   sync.Pool
}

// New compiles cfg.
func New(cfg Config) (*Redactor, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Action == "" {
		cfg.Action = Mask
	}
	if cfg.MaxLeafBytes == 0 {
		cfg.MaxLeafBytes = defaultMaxLeaf
	}
	key, err := cfg.key()
	if err != nil {
		return nil, err
	}
	r := &Redactor{cfg: cfg, key: []byte(key), generated: key == ""}
	if r.generated {
		r.key = []byte(processKey())
	}
	if r.detectors, err = detect.New(cfg.off(), cfg.userRules()); err != nil {
		return nil, err
	}
	r.policy = newPolicy(&cfg)
	r.version = r.fingerprint()
	r.walkers.New = func() any { return &walker{r: r, names: nameCache{seed: maphash.MakeSeed()}} }
	return r, nil
}

// Version names the rules and the configuration that were in force, the key aside:
// two redactors of the same version treat the same text the same.
func (r *Redactor) Version() string { return r.version }

func (r *Redactor) fingerprint() string {
	cfg := r.cfg
	cfg.Key, cfg.KeyFile, cfg.CreateKey = "", "", false
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s\n%+v\n", r.detectors.Fingerprint(), cfg)
	return "r1-" + hex.EncodeToString(h.Sum(nil)[:6])
}

// Generated says that no key was configured: the hashes of this process match those of no other.
func (r *Redactor) Generated() bool { return r.generated }

// HMAC is HMAC-SHA-256 over the parts under the deployment's key, as
// "hmac-sha256:<64 hex>". Each part's length counts, so ("ab","c") and ("a","bc") differ.
func (r *Redactor) HMAC(parts ...string) string {
	return "hmac-sha256:" + hex.EncodeToString(r.mac("event", parts))
}

// mac keeps the uses of the one key apart by their purpose.
func (r *Redactor) mac(purpose string, parts []string) []byte {
	k, ok := r.macs.Get().(*keyed)
	if !ok {
		k = &keyed{Hash: hmac.New(sha256.New, r.key)}
	}
	k.Reset() // keeps the prepared key
	k.part(purpose)
	for _, p := range parts {
		k.part(p)
	}
	sum := k.Sum(make([]byte, 0, sha256.Size))
	r.macs.Put(k)
	return sum
}

// keyed is a keyed hash at work, and room for the length of a part.
type keyed struct {
	hash.Hash
	size [8]byte
}

// part writes a part behind its length, so that no two lists of parts read alike.
func (k *keyed) part(s string) {
	binary.BigEndian.PutUint64(k.size[:], uint64(len(s)))
	k.Write(k.size[:])
	k.Write(unsafe.Slice(unsafe.StringData(s), len(s))) // only read; a copy would cost as much as the hash
}

var base32Lower = base32.StdEncoding.WithPadding(base32.NoPadding)

// token is what the hash action writes: kind:base32, or kind:key id:base32; 16 characters of
// base32 are 80 bits, so that values meet by chance once in a million million events.
func (r *Redactor) token(kind, value string) string {
	sum := strings.ToLower(base32Lower.EncodeToString(r.mac("token:"+kind, []string{value})[:10]))
	if r.cfg.KeyID != "" {
		return kind + ":" + r.cfg.KeyID + ":" + sum
	}
	return kind + ":" + sum
}

// isToken says whether s is what token made of a user's id: it is not hashed again by the next collector.
func isToken(s string) bool {
	rest, ok := strings.CutPrefix(s, userRule.ID+":")
	if id, sum, two := strings.Cut(rest, ":"); two && len(id) <= 16 {
		rest = sum
	}
	return ok && len(rest) == 16 && strings.Trim(rest, "abcdefghijklmnopqrstuvwxyz234567") == "" || s == "[REDACTED:"+userRule.ID+"]"
}
