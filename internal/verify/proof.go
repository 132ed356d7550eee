package verify

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// ProofSchema is the format of a proof file.
const ProofSchema = "agentaudit/proof/v1"

const (
	// MaxProof bounds a proof file, in bytes.
	MaxProof = 256 << 20
	maxPath  = 63 // hashes from a leaf to a root
	maxTurns = 1000
)

// Proof shows, without the bucket, that one event is in a signed log: the line leads by LinePath to the root in Object, which stands
// in Entry, which leads by EntryPath to the root in Checkpoint, which is signed.
type Proof struct {
	Schema string `json:"schema"`
	Writer string `json:"writer"`
	// Line is the event as stored.
	Line      string   `json:"line"`
	LineIndex int64    `json:"line_index"` // in its object, from 0
	LinePath  []digest `json:"line_path"`
	// Object is the key of the object that holds the line.
	Object     string   `json:"object"`
	Entry      string   `json:"entry"`
	EntryPath  []digest `json:"entry_path"`
	Checkpoint string   `json:"checkpoint"`
	// Rotations are the notes by which keys handed over, oldest first: an auditor may know any of the keys.
	Rotations []string `json:"rotations,omitempty"`
}

// ParseProof reads a proof file. It proves nothing yet: see [Proof.Check].
func ParseProof(data []byte) (*Proof, error) {
	if len(data) > MaxProof {
		return nil, fmt.Errorf("not a proof: more than %d bytes", MaxProof)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	var p Proof
	if err := d.Decode(&p); err != nil {
		return nil, fmt.Errorf("not a proof: %w", err)
	}
	switch {
	case p.Schema != ProofSchema:
		return nil, fmt.Errorf("not a proof of %s", ProofSchema)
	case len(p.LinePath) > maxPath, len(p.EntryPath) > maxPath, len(p.Rotations) > maxTurns:
		return nil, errors.New("not a proof: a path that is too long")
	}
	return &p, nil
}

// Encode returns the proof file.
func (p *Proof) Encode() ([]byte, error) {
	data, err := encode(p)
	return append(data, '\n'), err
}

// Check proves the event by public keys that the caller trusts. It needs nothing else.
func (p *Proof) Check(keys []ed25519.PublicKey) error {
	e, err := parseEntry([]byte(p.Entry))
	if err != nil {
		return fmt.Errorf("the entry: %w", err)
	}
	if e.Seal == nil || e.Writer != p.Writer {
		return errors.New("the entry tells of no object of that writer")
	}
	at := slices.IndexFunc(e.Seal.Objects, func(o object) bool { return o.Key == p.Object })
	if at < 0 {
		return errors.New("the entry doesn't name the object")
	}
	if err := p.checkLine(&e.Seal.Objects[at]); err != nil {
		return err
	}
	signers, err := p.signers(keys)
	if err != nil {
		return err
	}
	for _, key := range signers {
		c, err := openCheckpoint(p.Writer, []byte(p.Checkpoint), key)
		if errors.Is(err, errUnsigned) {
			continue
		}
		if err != nil {
			return fmt.Errorf("the checkpoint: %w", err)
		}
		if err := checkRecord(p.EntryPath, c.size, digest(c.root), e.Index, []byte(p.Entry)); err != nil {
			return fmt.Errorf("the entry is not in the log: %w", err)
		}
		return nil
	}
	return errors.New("the checkpoint is not signed by a given key, nor by one that a rotation leads to")
}

func checkRecord(path []digest, size int64, root digest, index int64, data []byte) error {
	if index < 0 || index >= size {
		return fmt.Errorf("there is no place %d among %d", index, size)
	}
	proof := make(tlog.RecordProof, len(path))
	for i, h := range path {
		proof[i] = tlog.Hash(h)
	}
	return tlog.CheckRecord(proof, size, tlog.Hash(root), index, tlog.RecordHash(data))
}

// signers returns the given keys as the writer's, and those that rotations connect them with. A rotation is signed by both its keys,
// so each vouches for the other.
func (p *Proof) signers(keys []ed25519.PublicKey) ([]note.Verifier, error) {
	var all []note.Verifier
	for _, key := range keys {
		text, err := note.NewEd25519VerifierKey(origin(p.Writer), key)
		if err != nil {
			return nil, fmt.Errorf("a given key: %w", err)
		}
		v, err := note.NewVerifier(text)
		if err != nil {
			return nil, fmt.Errorf("a given key: %w", err)
		}
		all = append(all, v)
	}
	for _, r := range p.Rotations { // forwards; an auditor with an old key needs no other way
		n, err := note.Open([]byte(r), note.VerifierList(all...))
		if err != nil {
			continue // of keys before the one we know
		}
		lines := strings.Split(n.Text, "\n")
		if len(lines) != 5 || lines[0] != "agentaudit key rotation v1" || lines[1] != origin(p.Writer) {
			return nil, errors.New("a rotation that is none")
		}
		if _, err := strconv.ParseInt(lines[2], 10, 64); err != nil {
			return nil, errors.New("a rotation that is none")
		}
		next, _, err := keyOf(p.Writer, lines[3])
		if err != nil {
			return nil, fmt.Errorf("a rotation: %w", err)
		}
		if slices.ContainsFunc(all, func(v note.Verifier) bool { return v.KeyHash() == next.KeyHash() }) {
			continue // the one we know
		}
		both, err := note.Open([]byte(r), note.VerifierList(append(slices.Clone(all), next)...))
		if err != nil || !signedBy(both, next) {
			return nil, errors.New("a rotation without the new key's signature")
		}
		all = append(all, next)
	}
	return all, nil
}

// hashes is a tree in memory, for proofs.
type hashes []tlog.Hash

func (h *hashes) add(index int64, leaf tlog.Hash) error {
	more, err := tlog.StoredHashesForRecordHash(index, leaf, h)
	*h = append(*h, more...)
	return err
}

// ReadHashes implements tlog.HashReader.
func (h *hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		if at < 0 || at >= int64(len(*h)) {
			return nil, errors.New("no such hash")
		}
		out[i] = (*h)[at]
	}
	return out, nil
}

func (h *hashes) prove(size, index int64) ([]digest, error) {
	proof, err := tlog.ProveRecord(size, index, h)
	path := make([]digest, len(proof))
	for i, p := range proof {
		path[i] = digest(p)
	}
	return path, err
}
