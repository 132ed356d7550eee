package evidence

import (
	"encoding/json"
	"path"
	"strconv"
	"strings"
)

// Schema is the format of a pack.
const Schema = "agentaudit/evidence/v1"

// Names within a pack.
const (
	fileManifest   = "manifest.json"
	fileEvents     = "events.jsonl"
	fileProofs     = "proofs.jsonl"
	fileObjects    = "objects.jsonl"
	fileMarkdown   = "report.md"
	fileHTML       = "report.html"
	dirEntries     = "entries"
	dirCheckpoints = "checkpoints"
	dirRotations   = "rotations"
	dirKeys        = "keys"
)

// Bounds of a pack.
const (
	maxFiles    = 200_000
	maxUnpacked = 2 << 30 // bytes
	maxManifest = 64 << 20
	maxLine     = 128 << 20
)

// Manifest is the first file of a pack.
type Manifest struct {
	Schema string `json:"schema"`
	// Subject says what the pack is about, such as "trace 4f87…".
	Subject string   `json:"subject"`
	Events  int      `json:"events"`
	Writers []string `json:"writers"`
	Files   []File   `json:"files"`
}

// File is one file of a pack.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // hexadecimal
}

// proofLine is a line of proofs.jsonl. Paths stay the JSON that package verify writes and reads.
type proofLine struct {
	EventID   string          `json:"event_id"`
	Writer    string          `json:"writer"`
	Object    string          `json:"object"`
	LineIndex int64           `json:"line_index"`
	LinePath  json.RawMessage `json:"line_path"`
}

// objectLine is a line of objects.jsonl.
type objectLine struct {
	Writer    string          `json:"writer"`
	Object    string          `json:"object"`
	Entry     string          `json:"entry"` // the file's name
	EntryPath json.RawMessage `json:"entry_path"`
}

func entryFile(writer string, index int64) string {
	return path.Join(dirEntries, writer, strconv.FormatInt(index, 10)+".json")
}

func checkpointFile(writer string) string { return path.Join(dirCheckpoints, writer) }
func rotationFile(writer string) string   { return path.Join(dirRotations, writer+".json") }
func keyFile(writer string) string        { return path.Join(dirKeys, writer) }

// fixed says whether a name is one of the format's.
func fixed(name string) bool {
	switch name {
	case fileManifest, fileEvents, fileProofs, fileObjects, fileMarkdown, fileHTML:
		return true
	}
	dir, rest, ok := strings.Cut(name, "/")
	if !ok || rest == "" || path.Clean(name) != name {
		return false
	}
	switch dir {
	case dirEntries, dirCheckpoints, dirRotations, dirKeys:
		return true
	}
	return false
}
