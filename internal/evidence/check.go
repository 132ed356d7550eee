package evidence

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/verify"
)

// ErrNoPack means that a file is no pack at all.
var ErrNoPack = errors.New("not an evidence pack")

// maxProblems bounds the problems that are told one by one.
const maxProblems = 100

// Result is what checking a pack found.
type Result struct {
	Manifest Manifest `json:"manifest"`
	// SHA256 is that of the pack itself, in hexadecimal.
	SHA256 string `json:"sha256"`
	// Proven is how many events are proven.
	Proven int `json:"proven"`
	// Problems are what is wrong, each with its place; none when the pack holds.
	Problems []string `json:"problems,omitempty"`
	// More is how many further problems there are.
	More int `json:"more_problems,omitempty"`
}

// OK says whether everything in the pack is proven.
func (r *Result) OK() bool {
	return len(r.Problems) == 0 && r.Proven == r.Manifest.Events && r.Proven > 0
}

func (r *Result) problem(format string, args ...any) {
	if len(r.Problems) == maxProblems {
		r.More++
		return
	}
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

// Check proves a pack by keys that the caller trusts. What is wrong with it is in the result; an error means that it is no pack or can't be read.
func Check(pack io.ReaderAt, size int64, keys []ed25519.PublicKey) (*Result, error) {
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(pack, 0, size)); err != nil {
		return nil, fmt.Errorf("couldn't read the pack: %w", err)
	}
	r := &Result{SHA256: hex.EncodeToString(sum.Sum(nil))}
	files, err := unzip(pack, size)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(files[fileManifest], &r.Manifest); err != nil || r.Manifest.Schema != Schema {
		return nil, fmt.Errorf("%w: no manifest of %s", ErrNoPack, Schema)
	}
	r.checkFiles(files)
	r.checkProofs(files, keys)
	return r, nil
}

// unzip returns the files of a pack, bounded in number and size.
func unzip(pack io.ReaderAt, size int64) (map[string][]byte, error) {
	z, err := zip.NewReader(pack, size)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoPack, err)
	}
	if len(z.File) > maxFiles {
		return nil, fmt.Errorf("%w: more than %d files", ErrNoPack, maxFiles)
	}
	files, left := make(map[string][]byte, len(z.File)), int64(maxUnpacked)
	for _, f := range z.File {
		if !fixed(f.Name) {
			return nil, fmt.Errorf("%w: a file named %.100q", ErrNoPack, f.Name)
		}
		if _, twice := files[f.Name]; twice {
			return nil, fmt.Errorf("%w: %s is there twice", ErrNoPack, f.Name)
		}
		limit := left
		if f.Name == fileManifest {
			limit = min(left, maxManifest)
		}
		data, err := readAll(f, limit)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrNoPack, f.Name, err)
		}
		left -= int64(len(data))
		files[f.Name] = data
	}
	return files, nil
}

func readAll(f *zip.File, limit int64) ([]byte, error) {
	in, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close() //nolint:errcheck // it was only read
	data, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, errors.New("too large")
	}
	return data, nil
}

// checkFiles compares the files with the manifest.
func (r *Result) checkFiles(files map[string][]byte) {
	listed := map[string]bool{fileManifest: true}
	for _, f := range r.Manifest.Files {
		data, there := files[f.Name]
		if listed[f.Name] = true; !there {
			r.problem("%s: it is not in the pack", f.Name)
			continue
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != f.SHA256 || int64(len(data)) != f.Bytes {
			r.problem("%s: it is not what the manifest says", f.Name)
		}
	}
	var others []string
	for name := range files {
		if !listed[name] {
			others = append(others, name)
		}
	}
	slices.Sort(others)
	for _, name := range others {
		r.problem("%s: the manifest doesn't name it", name)
	}
}

// checkProofs puts the proof of each event together again and checks it.
func (r *Result) checkProofs(files map[string][]byte, keys []ed25519.PublicKey) {
	objects := map[string]objectLine{}
	each(files[fileObjects], func(n int, line []byte) {
		var o objectLine
		if err := json.Unmarshal(line, &o); err != nil {
			r.problem("%s:%d: %v", fileObjects, n, err)
			return
		}
		objects[o.Object] = o
	})
	var lines [][]byte
	each(files[fileEvents], func(_ int, line []byte) { lines = append(lines, line) })
	var proofs []*verify.Proof
	var numbers []int
	count := 0
	each(files[fileProofs], func(n int, text []byte) {
		if count++; n > len(lines) {
			return
		}
		p, err := assemble(text, lines[n-1], objects, files)
		if err != nil {
			r.problem("%s:%d: %v", fileEvents, n, err)
			return
		}
		proofs, numbers = append(proofs, p), append(numbers, n)
	})
	if len(lines) != r.Manifest.Events || count != len(lines) {
		r.problem("%s: %d events and %d proofs, where the manifest says %d", fileEvents, len(lines), count, r.Manifest.Events)
	}
	r.Proven = len(proofs)
	verify.CheckAll(proofs, keys, func(i int, err error) {
		r.Proven--
		r.problem("%s:%d: %v", fileEvents, numbers[i], err)
	})
}

// assemble makes a proof of its parts.
func assemble(text, line []byte, objects map[string]objectLine, files map[string][]byte) (*verify.Proof, error) {
	var l proofLine
	if err := json.Unmarshal(text, &l); err != nil {
		return nil, fmt.Errorf("no proof: %w", err)
	}
	h, err := event.ReadHeader(line)
	if err != nil {
		return nil, err
	}
	if h.ID != l.EventID {
		return nil, fmt.Errorf("event %.36q, with the proof of %.36q", h.ID, l.EventID)
	}
	o, there := objects[l.Object]
	if !there {
		return nil, fmt.Errorf("nothing says which entry tells of %.200q", l.Object)
	}
	var paths struct {
		LinePath  json.RawMessage `json:"line_path"`
		EntryPath json.RawMessage `json:"entry_path"`
		Rotations json.RawMessage `json:"rotations,omitempty"`
		Schema    string          `json:"schema"`
	}
	paths.LinePath, paths.EntryPath, paths.Schema = l.LinePath, o.EntryPath, verify.ProofSchema
	paths.Rotations = files[rotationFile(l.Writer)]
	if len(paths.LinePath) == 0 || len(paths.EntryPath) == 0 {
		return nil, errors.New("a proof without a path")
	}
	data, err := json.Marshal(paths)
	if err != nil {
		return nil, fmt.Errorf("no proof: %w", err)
	}
	p, err := verify.ParseProof(data)
	if err != nil {
		return nil, err
	}
	p.Writer, p.Object, p.LineIndex, p.Line = l.Writer, l.Object, l.LineIndex, string(line)
	p.Entry, p.Checkpoint = string(files[o.Entry]), string(files[checkpointFile(l.Writer)])
	return p, nil
}

// each calls do with every line and its number, from 1.
func each(data []byte, do func(n int, line []byte)) {
	in := bufio.NewScanner(bytes.NewReader(data))
	in.Buffer(nil, maxLine)
	for n := 1; in.Scan(); n++ {
		do(n, bytes.Clone(in.Bytes()))
	}
}
