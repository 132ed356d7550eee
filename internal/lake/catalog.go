package lake

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/verify"
)

// settled is how long after a day its objects are taken as complete: the grace of day objects, and some.
const settled = 6 * time.Hour

// maxCatalog bounds the text of a catalog, in bytes.
const maxCatalog = 1 << 30

// catalog is what the logs of a bucket told when they were verified.
type catalog struct {
	Bucket        string                `json:"bucket"`
	At            time.Time             `json:"at"`
	Writers       []verify.WriterReport `json:"writers"`
	PublishedKeys bool                  `json:"trusting_published_keys"`
	Objects       []catalogued          `json:"objects"`
}

type catalogued struct {
	Writer   string `json:"w"`
	Key      string `json:"k"`
	Tier     string `json:"t"`
	Day      string `json:"d"`
	SHA256   string `json:"h"`
	Stored   int64  `json:"b"`
	Lines    int64  `json:"l"`
	Segments int64  `json:"s,omitempty"`
}

// catalogFile depends on the keys: what one key proves another need not.
func (c *cache) catalogFile(bucket string, opts *Options) string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%q", bucket) // a hash takes everything
	for _, key := range opts.Keys {
		_, _ = fmt.Fprintf(h, " %x", []byte(key))
	}
	return filepath.Join(c.root, "catalog", hex.EncodeToString(h.Sum(nil)[:16])+".json.zst")
}

// remember keeps what the logs told.
func (c *cache) remember(bucket string, opts *Options, p *Provenance, objects []object) error {
	known := catalog{Bucket: bucket, At: p.At, Writers: p.Writers, PublishedKeys: p.PublishedKeys, Objects: make([]catalogued, len(objects))}
	for i, o := range objects {
		known.Objects[i] = catalogued{o.writer, o.key, o.tier, o.day.String(), hex.EncodeToString(o.sum[:]), o.stored, o.lines, o.segments}
	}
	data, err := json.Marshal(known)
	if err != nil {
		return fmt.Errorf("couldn't keep what the logs told: %w", err)
	}
	packer, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return fmt.Errorf("couldn't keep what the logs told: %w", err)
	}
	tmp := filepath.Join(c.tmp, "catalog")
	err = os.WriteFile(tmp, packer.EncodeAll(data, nil), 0o600)
	if err == nil {
		err = os.Rename(tmp, c.catalogFile(bucket, opts))
	}
	if err != nil {
		return fmt.Errorf("couldn't keep what the logs told: %w", err)
	}
	return nil
}

// recall returns what the logs told, if that is fresh enough for the days that are wanted. A catalog that can't be read is as good as none.
func (c *cache) recall(bucket string, opts *Options) *catalog {
	packed, err := os.ReadFile(c.catalogFile(bucket, opts))
	if err != nil || opts.MaxAge <= 0 {
		return nil
	}
	unpacker, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxCatalog))
	if err != nil {
		return nil
	}
	defer unpacker.Close()
	data, err := unpacker.DecodeAll(packed, nil)
	if err != nil {
		return nil
	}
	var known catalog
	if json.Unmarshal(data, &known) != nil || known.Bucket != bucket {
		return nil
	}
	_, until := opts.days()
	over := until.Valid() && known.At.After(until.AddDays(1).Start().Add(settled))
	age := opts.Now.Sub(known.At)
	if !over && (age > opts.MaxAge || age < 0) {
		return nil
	}
	return &known
}

func (k *catalog) objects() []object {
	objects := make([]object, 0, len(k.Objects))
	for _, o := range k.Objects {
		day, err := layout.ParseDate(o.Day)
		sum, err2 := hex.DecodeString(o.SHA256)
		if err != nil || err2 != nil || len(sum) != sha256.Size {
			continue
		}
		objects = append(objects, object{o.Writer, o.Key, o.Tier, day, [32]byte(sum), o.Stored, o.Lines, o.Segments})
	}
	return objects
}
