package verify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"time"
)

// TrustSchema is the format of a trust file.
const TrustSchema = "agentaudit/trust/v1"

// Trust is what an auditor has verified, kept on the auditor's side. From then on not even the key's holder can change what it covers
// without being found.
type Trust struct {
	Schema  string             `json:"schema"`
	Writers map[string]Trusted `json:"writers"`
}

// Trusted is the newest verified checkpoint of one log.
type Trusted struct {
	Size int64  `json:"size"`
	Root digest `json:"root"`
	// Key is the note verifier key that signed it.
	Key string `json:"key"`
	// Checkpoint is the signed note itself, as evidence.
	Checkpoint string    `json:"checkpoint"`
	Verified   time.Time `json:"verified"`
}

// ReadTrust reads a trust file; nil if there is none yet.
func ReadTrust(name string) (*Trust, error) {
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return ParseTrust(data)
}

// ParseTrust reads the text of a trust file.
func ParseTrust(data []byte) (*Trust, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	var t Trust
	if err := d.Decode(&t); err != nil {
		return nil, fmt.Errorf("not a trust file: %w", err)
	}
	if t.Schema != TrustSchema {
		return nil, fmt.Errorf("not a trust file of %s", TrustSchema)
	}
	for w, s := range t.Writers {
		if _, _, err := keyOf(w, s.Key); err != nil || s.Size < 1 {
			return nil, errors.Join(fmt.Errorf("trust file: bad entry for %.200q", w), err)
		}
	}
	return &t, nil
}

// Encode returns the trust file.
func (t *Trust) Encode() ([]byte, error) {
	b, err := json.MarshalIndent(t, "", "  ")
	return append(b, '\n'), err
}

func (t *Trust) of(writer string) *Trusted {
	if t == nil {
		return nil
	}
	if s, ok := t.Writers[writer]; ok {
		return &s
	}
	return nil
}

// nextTrust takes over the logs that are without a violation. The others keep what they had.
func (r *run) nextTrust() *Trust {
	next := &Trust{Schema: TrustSchema, Writers: map[string]Trusted{}}
	if r.opts.Trust != nil {
		maps.Copy(next.Writers, r.opts.Trust.Writers)
	}
	for w, l := range r.logs {
		if l.proven && r.opts.Since.IsZero() && !r.found.broken[w] && len(l.keys) > 0 {
			next.Writers[w] = Trusted{
				Size: l.size, Root: digest(l.root), Key: l.keys[len(l.keys)-1], Checkpoint: string(l.newest), Verified: r.opts.Now.UTC(),
			}
		}
	}
	return next
}
