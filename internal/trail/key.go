package trail

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

const (
	pemPrivate = "PRIVATE KEY"
	pemPublic  = "PUBLIC KEY"
)

// ErrKey is wrapped by every error about a key file.
var ErrKey = errors.New("not an Ed25519 key")

// Signer signs checkpoints. A key in memory is one ([NewSigner]); a KMS or HSM that does Ed25519 can be another.
type Signer interface {
	note.Signer
	// VerifierKey returns the note verifier key that belongs to the signatures.
	VerifierKey() string
}

type signer struct {
	name string
	hash uint32
	vkey string
	key  ed25519.PrivateKey
}

// NewSigner returns a signer of a writer's log.
func NewSigner(writer string, key ed25519.PrivateKey) (Signer, error) {
	public, _ := key.Public().(ed25519.PublicKey)
	verifier, vkey, err := NewVerifier(writer, public)
	if err != nil {
		return nil, err
	}
	return &signer{verifier.Name(), verifier.KeyHash(), vkey, key}, nil
}

func (s *signer) Name() string                    { return s.name }
func (s *signer) KeyHash() uint32                 { return s.hash }
func (s *signer) VerifierKey() string             { return s.vkey }
func (s *signer) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(s.key, msg), nil }

// NewVerifier returns the verifier of a writer's log by a public key, and its note verifier key.
func NewVerifier(writer string, key ed25519.PublicKey) (note.Verifier, string, error) {
	vkey, err := note.NewEd25519VerifierKey(Origin(writer), key)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrKey, err)
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrKey, err)
	}
	return verifier, vkey, nil
}

// GenerateKey returns a new private key, as PEM.
func GenerateKey() ([]byte, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("couldn't make a key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("couldn't encode the key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemPrivate, Bytes: der}), nil
}

// ParsePrivateKeys reads a key file: PEM blocks as `openssl genpkey -algorithm ed25519` makes them. The first key signs; the others
// are former ones, of which the last in use is needed to sign the change.
func ParsePrivateKeys(text []byte) (keys []ed25519.PrivateKey, err error) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != pemPrivate {
			return nil, fmt.Errorf("%w: PEM block of type %.40q, not %q", ErrKey, block.Type, pemPrivate)
		}
		parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%w: key %d can't be read", ErrKey, len(keys)+1) // err could quote the key
		}
		key, ok := parsed.(ed25519.PrivateKey)
		if !ok {
			return nil, fmt.Errorf("%w: key %d is a %T", ErrKey, len(keys)+1, parsed)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w: no PEM block of type %q", ErrKey, pemPrivate)
	}
	return keys, nil
}

// MarshalPublicKey returns a public key as PEM.
func MarshalPublicKey(key ed25519.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil, fmt.Errorf("couldn't encode the key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemPublic, Bytes: der}), nil
}

// ParsePublicKeys reads public keys as PEM blocks, as note verifier keys, one on a line, or both. Lines that start
// with # are comments.
func ParsePublicKeys(text []byte) (keys []ed25519.PublicKey, err error) {
	block, rest := pem.Decode(text)
	for ; block != nil; block, rest = pem.Decode(rest) {
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		key, ok := parsed.(ed25519.PublicKey)
		if block.Type != pemPublic || err != nil || !ok {
			return nil, fmt.Errorf("%w: PEM block %d is no Ed25519 %q", ErrKey, len(keys)+1, pemPublic)
		}
		keys = append(keys, key)
	}
	if len(keys) > 0 && strings.TrimSpace(string(rest)) == "" {
		return keys, nil
	}
	for line := range strings.Lines(string(rest)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		key, err := ParseVerifierKey(line)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w: neither PEM nor a note verifier key", ErrKey)
	}
	return keys, nil
}

// ParseVerifierKey returns the public key in a note verifier key.
func ParseVerifierKey(vkey string) (ed25519.PublicKey, error) {
	if _, err := note.NewVerifier(vkey); err != nil {
		return nil, fmt.Errorf("%w: %.200q is no note verifier key", ErrKey, vkey)
	}
	parts := strings.SplitN(vkey, "+", 3) // checked above: name, id, algorithm and key
	raw, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(raw) != 1+ed25519.PublicKeySize {
		return nil, fmt.Errorf("%w: %.200q is not of Ed25519", ErrKey, vkey)
	}
	return ed25519.PublicKey(raw[1:]), nil
}
