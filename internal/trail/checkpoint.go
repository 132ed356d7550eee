package trail

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/agentaudit/agentaudit/internal/merkle"
)

// ErrCheckpoint is wrapped by every error about bytes that are no checkpoint.
var ErrCheckpoint = errors.New("not a checkpoint of a trail")

// maxNote bounds a signed note, in bytes.
const maxNote = 1 << 16

// Origin returns the name of a writer's log, which is also its key's.
func Origin(writer string) string { return "agentaudit/" + writer }

// Checkpoint says what the log is at a size (C2SP tlog-checkpoint).
type Checkpoint struct {
	Origin string
	Size   uint64
	Root   merkle.Hash
}

// text returns what is signed.
func (c Checkpoint) text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]))
}

// OpenCheckpoint reads a signed checkpoint and returns it with the verifier keys that signed it. It refuses one that none
// of the keys has signed.
func OpenCheckpoint(signed []byte, known ...note.Verifier) (Checkpoint, []note.Signature, error) {
	if len(signed) > maxNote {
		return Checkpoint{}, nil, fmt.Errorf("%w: %d bytes", ErrCheckpoint, len(signed))
	}
	n, err := note.Open(signed, note.VerifierList(known...))
	if err != nil {
		return Checkpoint{}, nil, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	c, err := parseCheckpoint(n.Text)
	return c, n.Sigs, err
}

// ReadCheckpoint reads a signed checkpoint without a look at its signatures.
func ReadCheckpoint(signed []byte) (Checkpoint, error) {
	n, err := note.Open(signed, note.VerifierList())
	if unverified, ok := errors.AsType[*note.UnverifiedNoteError](err); ok {
		n, err = unverified.Note, nil
	}
	if err != nil || len(signed) > maxNote {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	return parseCheckpoint(n.Text)
}

func parseCheckpoint(text string) (c Checkpoint, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 {
		return c, fmt.Errorf("%w: %d lines", ErrCheckpoint, len(lines)-1)
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != len(c.Root) {
		return c, fmt.Errorf("%w: bad root", ErrCheckpoint)
	}
	c.Origin, c.Root = lines[0], merkle.Hash(root)
	if c.Size, err = strconv.ParseUint(lines[1], 10, 64); err != nil || c.text() != text || c.Size > maxIndex {
		return c, fmt.Errorf("%w: bad size", ErrCheckpoint)
	}
	return c, nil
}

// signCheckpoint returns the signed note.
func signCheckpoint(c Checkpoint, signers []Signer) ([]byte, error) {
	signed, err := signNote(c.text(), signers)
	if err != nil {
		return nil, fmt.Errorf("couldn't sign the checkpoint of size %d: %w", c.Size, err)
	}
	return signed, nil
}

func signNote(text string, signers []Signer) ([]byte, error) {
	plain := make([]note.Signer, len(signers))
	for i, s := range signers {
		plain[i] = s
	}
	return note.Sign(&note.Note{Text: text}, plain...)
}

// rotationText is what both keys sign when one takes over from the other.
func rotationText(writer string, index uint64, vkey string) string {
	return fmt.Sprintf("agentaudit key rotation v1\n%s\n%d\n%s\n", Origin(writer), index, vkey)
}

func signRotation(writer string, index uint64, old, current Signer) ([]byte, error) {
	signed, err := signNote(rotationText(writer, index, current.VerifierKey()), []Signer{old, current})
	if err != nil {
		return nil, fmt.Errorf("couldn't sign the change of keys: %w", err)
	}
	return signed, nil
}

// Check returns nil if the old key, and the new one, have signed that the new one takes over at this index.
func (r *Rotation) Check(writer string, index uint64) error {
	var known []note.Verifier
	for _, vkey := range []string{r.Old, r.New} {
		v, err := note.NewVerifier(vkey)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrKey, err)
		}
		if v.Name() != Origin(writer) {
			return fmt.Errorf("%w: a key of %q", ErrKey, v.Name())
		}
		known = append(known, v)
	}
	n, err := note.Open([]byte(r.Note), note.VerifierList(known...))
	if err != nil {
		return fmt.Errorf("couldn't verify the change of keys: %w", err)
	}
	if n.Text != rotationText(writer, index, r.New) || len(n.Sigs) != 2 {
		return errors.New("the change of keys was signed for something else, or by one key alone")
	}
	return nil
}
