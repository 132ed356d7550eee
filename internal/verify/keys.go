package verify

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

const maxKeys = 1024 // in one key file

// ParseKeys reads public keys: PEM blocks (PUBLIC KEY, Ed25519) or note verifier keys, one on a line. Names and ids
// don't count, only the keys.
func ParseKeys(file []byte) ([]ed25519.PublicKey, error) {
	var keys []ed25519.PublicKey
	if bytes.Contains(file, []byte("-----BEGIN")) {
		for block, rest := pem.Decode(file); block != nil; block, rest = pem.Decode(rest) {
			if block.Type != "PUBLIC KEY" {
				return nil, fmt.Errorf("a PEM block %.40q, not PUBLIC KEY", block.Type)
			}
			parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
			if err != nil {
				return nil, fmt.Errorf("couldn't read public key: %w", err)
			}
			key, ok := parsed.(ed25519.PublicKey)
			if !ok {
				return nil, errors.New("a public key that is not Ed25519")
			}
			if keys = append(keys, key); len(keys) > maxKeys {
				return nil, fmt.Errorf("more than %d keys", maxKeys)
			}
		}
	} else {
		for line := range strings.Lines(string(file)) {
			line = strings.TrimSpace(line)
			if line == "" || line[0] == '#' {
				continue
			}
			_, key, err := parseVerifierKey(line)
			if err != nil {
				return nil, err
			}
			if keys = append(keys, key); len(keys) > maxKeys {
				return nil, fmt.Errorf("more than %d keys", maxKeys)
			}
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("no public key in it")
	}
	return keys, nil
}

// parseVerifierKey reads a note verifier key of an Ed25519 key: name+id+base64.
func parseVerifierKey(text string) (note.Verifier, ed25519.PublicKey, error) {
	if len(text) > 512 {
		return nil, nil, errors.New("not a verifier key: too long")
	}
	v, err := note.NewVerifier(text)
	if err != nil {
		return nil, nil, fmt.Errorf("not a verifier key: %w", err)
	}
	raw, err := base64.StdEncoding.DecodeString(text[strings.LastIndexByte(text, '+')+1:])
	// A '+' may be one of the base64 itself; the key's text is always 44 digits long.
	if len(raw) != 1+ed25519.PublicKeySize || err != nil {
		if len(text) < 44 {
			return nil, nil, errors.New("not a verifier key")
		}
		if raw, err = base64.StdEncoding.DecodeString(text[len(text)-44:]); err != nil || len(raw) != 1+ed25519.PublicKeySize {
			return nil, nil, errors.New("not a verifier key of an Ed25519 key")
		}
	}
	return v, ed25519.PublicKey(raw[1:]), nil
}

// origin is the name of a writer's log and key.
func origin(writer string) string { return "agentaudit/" + writer }

// keyOf reads a verifier key that must carry the writer's name.
func keyOf(writer, text string) (note.Verifier, ed25519.PublicKey, error) {
	v, key, err := parseVerifierKey(text)
	if err == nil && v.Name() != origin(writer) {
		err = fmt.Errorf("key of %.200q, not of %q", v.Name(), origin(writer))
	}
	return v, key, err
}

// contains says whether one of the given keys is among those of a log.
func contains(given, chain []ed25519.PublicKey) bool {
	return slices.ContainsFunc(chain, func(k ed25519.PublicKey) bool {
		return slices.ContainsFunc(given, func(g ed25519.PublicKey) bool { return g.Equal(k) })
	})
}
