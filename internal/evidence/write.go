package evidence

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/report"
	"github.com/agentaudit/agentaudit/internal/verify"
)

// Pack is what goes into a pack.
type Pack struct {
	Subject string
	// Proofs are those of the events, in the events' order.
	Proofs []*verify.Proof
	// Keys are the verifier keys that each writer's log publishes.
	Keys map[string][]string
	// Report is what was found.
	Report *report.Document
}

// ErrEmpty means that there is no event to prove.
var ErrEmpty = errors.New("there is nothing to put into a pack")

// Write writes a pack and returns its SHA-256 in hexadecimal.
func Write(w io.Writer, p Pack) (sum string, err error) {
	if len(p.Proofs) == 0 {
		return "", ErrEmpty
	}
	files := map[string][]byte{}
	manifest := Manifest{Schema: Schema, Subject: p.Subject, Events: len(p.Proofs)}
	if err := addProofs(files, p.Proofs); err != nil {
		return "", err
	}
	for _, proof := range p.Proofs {
		if !slices.Contains(manifest.Writers, proof.Writer) {
			manifest.Writers = append(manifest.Writers, proof.Writer)
		}
	}
	slices.Sort(manifest.Writers)
	for _, writer := range manifest.Writers {
		if keys := p.Keys[writer]; len(keys) > 0 {
			files[keyFile(writer)] = []byte(strings.Join(keys, "\n") + "\n")
		}
	}
	for name, format := range map[string]string{fileMarkdown: "md", fileHTML: "html"} {
		var text bytes.Buffer
		if err := report.Print(&text, p.Report, format); err != nil {
			return "", fmt.Errorf("couldn't write the report: %w", err)
		}
		files[name] = text.Bytes()
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		hash := sha256.Sum256(files[name])
		manifest.Files = append(manifest.Files, File{name, int64(len(files[name])), hex.EncodeToString(hash[:])})
	}
	if files[fileManifest], err = json.MarshalIndent(manifest, "", "  "); err != nil {
		return "", fmt.Errorf("couldn't encode the manifest: %w", err)
	}
	return writeZip(w, files)
}

// writeZip writes the manifest and then the other files by name. All bear one time, so that nothing but the files decides on the bytes.
func writeZip(w io.Writer, files map[string][]byte) (sum string, err error) {
	hash := sha256.New()
	out := zip.NewWriter(io.MultiWriter(w, hash))
	names := slices.Sorted(maps.Keys(files))
	names = slices.Insert(slices.DeleteFunc(names, func(n string) bool { return n == fileManifest }), 0, fileManifest)
	for _, name := range names {
		f, err := out.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			return "", fmt.Errorf("couldn't write %s: %w", name, err)
		}
		if _, err := f.Write(files[name]); err != nil {
			return "", fmt.Errorf("couldn't write %s: %w", name, err)
		}
	}
	if err := out.Close(); err != nil {
		return "", fmt.Errorf("couldn't end the pack: %w", err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// addProofs adds what proves the events, each part once.
func addProofs(files map[string][]byte, proofs []*verify.Proof) error {
	var events, lines, objects bytes.Buffer
	seen := map[string]bool{}
	for _, p := range proofs {
		h, err := event.ReadHeader([]byte(p.Line))
		if err != nil {
			return fmt.Errorf("couldn't read an event: %w", err)
		}
		events.WriteString(p.Line + "\n")
		path, err := json.Marshal(p.LinePath)
		if err != nil {
			return fmt.Errorf("couldn't encode a path: %w", err)
		}
		if err := addLine(&lines, proofLine{h.ID, p.Writer, p.Object, p.LineIndex, path}); err != nil {
			return err
		}
		files[checkpointFile(p.Writer)] = []byte(p.Checkpoint)
		if seen[p.Object] {
			continue
		}
		seen[p.Object] = true
		entry, err := entryIndex(p.Entry)
		if err != nil {
			return err
		}
		name := entryFile(p.Writer, entry)
		files[name] = []byte(p.Entry)
		if path, err = json.Marshal(p.EntryPath); err != nil {
			return fmt.Errorf("couldn't encode a path: %w", err)
		}
		if err := addLine(&objects, objectLine{p.Writer, p.Object, name, path}); err != nil {
			return err
		}
		if len(p.Rotations) > 0 {
			if files[rotationFile(p.Writer)], err = json.Marshal(p.Rotations); err != nil {
				return fmt.Errorf("couldn't encode the rotations: %w", err)
			}
		}
	}
	files[fileEvents], files[fileProofs], files[fileObjects] = events.Bytes(), lines.Bytes(), objects.Bytes()
	return nil
}

func addLine(b *bytes.Buffer, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("couldn't encode a proof: %w", err)
	}
	b.Write(data)
	b.WriteByte('\n')
	return nil
}

// entryIndex is the place that an entry says it has.
func entryIndex(entry string) (int64, error) {
	var e struct {
		Index int64 `json:"index"`
	}
	if err := json.Unmarshal([]byte(entry), &e); err != nil {
		return 0, fmt.Errorf("couldn't read an entry: %w", err)
	}
	return e.Index, nil
}
