package verify

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const maxCheckpoint = 16 << 10 // bytes of a signed checkpoint

var (
	errUnsigned = errors.New("no signature of the key")
	errForged   = errors.New("a signature that is not the key's")
)

// checkpoint is what a signed checkpoint says.
type checkpoint struct {
	size int64
	root tlog.Hash
}

// parseCheckpoint reads the text of a checkpoint, whose signature is not looked at.
func parseCheckpoint(writer string, data []byte) (checkpoint, error) {
	if len(data) > maxCheckpoint {
		return checkpoint{}, errors.New("too long for a checkpoint")
	}
	text, _, ok := strings.Cut(string(data), "\n\n")
	lines := strings.Split(text, "\n")
	if !ok || len(lines) != 3 {
		return checkpoint{}, errors.New("not three lines and signatures")
	}
	if lines[0] != origin(writer) {
		return checkpoint{}, fmt.Errorf("of %.200q, not of %q", lines[0], origin(writer))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || size > maxNumber || strconv.FormatInt(size, 10) != lines[1] {
		return checkpoint{}, fmt.Errorf("bad size %.40q", lines[1])
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(raw) != tlog.HashSize {
		return checkpoint{}, fmt.Errorf("bad root %.100q", lines[2])
	}
	return checkpoint{size, tlog.Hash(raw)}, nil
}

// openCheckpoint reads a checkpoint that must have a signature of each of the keys.
func openCheckpoint(writer string, data []byte, keys ...note.Verifier) (checkpoint, error) {
	c, err := parseCheckpoint(writer, data)
	if err != nil {
		return c, err
	}
	n, err := note.Open(data, note.VerifierList(keys...))
	if _, forged := errors.AsType[*note.InvalidSignatureError](err); forged {
		return c, errForged
	}
	if _, unknown := errors.AsType[*note.UnverifiedNoteError](err); unknown {
		return c, errUnsigned
	}
	if err != nil {
		return c, err
	}
	for _, key := range keys {
		if !signedBy(n, key) {
			return c, errUnsigned
		}
	}
	return c, nil
}

func signedBy(n *note.Note, key note.Verifier) bool {
	for _, s := range n.Sigs {
		if s.Name == key.Name() && s.Hash == key.KeyHash() {
			return true
		}
	}
	return false
}
