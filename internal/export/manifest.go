package export

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/agentaudit/agentaudit/internal/lake"
)

// ManifestSchema is the format of a manifest.
const ManifestSchema = "agentaudit/export/v1"

// Manifest says what an export is and what proves it.
type Manifest struct {
	Schema   string `json:"schema"`
	File     string `json:"file"`
	Format   string `json:"format"`
	Rows     int64  `json:"rows"`
	Bytes    int64  `json:"bytes"`
	SHA256   string `json:"sha256"`
	Bucket   string `json:"bucket"`
	Since    string `json:"since,omitempty"`
	Until    string `json:"until,omitempty"`
	Question string `json:"question,omitempty"`
	// Filters are those that narrowed the events.
	Filters map[string][]string `json:"filters,omitempty"`
	// Verified says that all of it lies under logs that verified; Logs are those.
	Verified bool          `json:"verified"`
	Logs     []Log         `json:"logs,omitempty"`
	Unseen   []lake.Unseen `json:"not_shown,omitempty"`
	Findings int           `json:"findings,omitempty"`
}

// Log is a writer's log as it was when it was verified.
type Log struct {
	Writer string `json:"writer"`
	Size   int64  `json:"size"`
	Root   string `json:"root"`
}

// Describe makes the manifest of an export.
func Describe(r Request, path string, w Written, filters map[string][]string) Manifest {
	p := r.Lake.Provenance()
	m := Manifest{
		Schema: ManifestSchema, File: filepath.Base(path), Format: r.Format, Rows: w.Rows, Bytes: w.Bytes, SHA256: w.SHA256,
		Bucket: p.Bucket, Question: r.SQL, Filters: filters, Verified: p.Verified, Unseen: p.Unseen, Findings: len(p.Findings),
	}
	if !r.View.Since.IsZero() {
		m.Since = r.View.Since.UTC().Format("2006-01-02T15:04:05Z")
	}
	if !r.View.Until.IsZero() {
		m.Until = r.View.Until.UTC().Format("2006-01-02T15:04:05Z")
	}
	for _, l := range p.Writers {
		m.Logs = append(m.Logs, Log{l.Writer, l.Size, l.Root})
	}
	return m
}

// Encode returns the manifest as text.
func (m Manifest) Encode() ([]byte, error) {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("couldn't encode the manifest: %w", err)
	}
	return append(data, '\n'), nil
}
