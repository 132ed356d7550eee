package compliance

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/trail"
	"github.com/agentaudit/agentaudit/internal/verify"
)

// signer is the writer's name under which reports are signed: its key is named agentaudit/report. The first line of the note tells it from a
// checkpoint, whose first line is that name.
const signer = "report"

// header is the first line of what is signed.
const header = "agentaudit report v1"

// maxNote bounds a signature, in bytes.
const maxNote = 1 << 20

// Errors about a signature.
var (
	ErrSignature = errors.New("the signature doesn't hold")
	ErrReport    = errors.New("the report is not the one that was signed")
)

// Signed is what a signature says.
type Signed struct {
	SHA256 [sha256.Size]byte
	// Checkpoints are the logs that the report was computed from.
	Checkpoints []Checkpoint
}

// Checkpoint is a log of a writer as it was: its size and its root, in hexadecimal.
type Checkpoint struct {
	Writer string
	Size   int64
	Root   string
}

// Checkpoints returns those of verified logs, by writer.
func Checkpoints(writers []verify.WriterReport) []Checkpoint {
	list := make([]Checkpoint, len(writers))
	for i, w := range writers {
		list[i] = Checkpoint{w.Writer, w.Size, w.Root}
	}
	slices.SortFunc(list, func(a, b Checkpoint) int { return strings.Compare(a.Writer, b.Writer) })
	return list
}

// Sign returns a signed note over a report:
//
//	agentaudit report v1
//	sha256 <of the report, hexadecimal>
//	checkpoint <writer> <size> <root, hexadecimal>
//
// with a line for each checkpoint.
func Sign(report []byte, checkpoints []Checkpoint, key ed25519.PrivateKey) ([]byte, error) {
	s, err := trail.NewSigner(signer, key)
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s\nsha256 %x\n", header, sha256.Sum256(report))
	for _, c := range checkpoints {
		fmt.Fprintf(&text, "checkpoint %s %d %s\n", c.Writer, c.Size, c.Root)
	}
	signed, err := note.Sign(&note.Note{Text: text.String()}, s)
	if err != nil {
		return nil, fmt.Errorf("couldn't sign the report: %w", err)
	}
	return signed, nil
}

// Check opens a signature and compares it with the report. Errors wrap ErrSignature or ErrReport.
func Check(report, signature []byte, keys []ed25519.PublicKey) (*Signed, error) {
	if len(signature) > maxNote {
		return nil, fmt.Errorf("%w: %d bytes are too many", ErrSignature, len(signature))
	}
	verifiers := make([]note.Verifier, 0, len(keys))
	for _, key := range keys {
		v, _, err := trail.NewVerifier(signer, key)
		if err != nil {
			return nil, err
		}
		verifiers = append(verifiers, v)
	}
	n, err := note.Open(signature, note.VerifierList(verifiers...))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	s, err := parse(n.Text)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(report); !bytes.Equal(sum[:], s.SHA256[:]) {
		return nil, fmt.Errorf("%w: its SHA-256 is %x, signed is %x", ErrReport, sum, s.SHA256)
	}
	return s, nil
}

// parse reads what was signed.
func parse(text string) (*Signed, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 2 || lines[0] != header {
		return nil, fmt.Errorf("%w: it is not over a report", ErrSignature)
	}
	s := &Signed{}
	sum, ok := strings.CutPrefix(lines[1], "sha256 ")
	raw, err := hex.DecodeString(sum)
	if !ok || err != nil || len(raw) != sha256.Size {
		return nil, fmt.Errorf("%w: no SHA-256 of a report", ErrSignature)
	}
	s.SHA256 = [sha256.Size]byte(raw)
	for _, line := range lines[2:] {
		f := strings.Split(line, " ")
		if len(f) != 4 || f[0] != "checkpoint" || !layout.ValidWriter(f[1]) {
			return nil, fmt.Errorf("%w: %.80q is no checkpoint", ErrSignature, line)
		}
		size, err := strconv.ParseInt(f[2], 10, 64)
		if err != nil || size < 0 {
			return nil, fmt.Errorf("%w: %.80q is no checkpoint", ErrSignature, line)
		}
		s.Checkpoints = append(s.Checkpoints, Checkpoint{f[1], size, f[3]})
	}
	return s, nil
}
