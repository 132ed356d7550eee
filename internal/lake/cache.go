package lake

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// cacheVersion names the form of the files; another form lives beside it.
const cacheVersion = "v1"

// Batches used in the last hour stay, whatever the limit says: another process may be reading them.
const inUse = time.Hour

// DefaultDir is where the cache is when nobody says: in the user's own cache folder.
func DefaultDir() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "agentaudit")
}

// cache is the folder that keeps what was fetched: batches/ of objects as Parquet, amended/ rows, catalog/ of what logs told, and
// tmp/ of this process.
type cache struct {
	root, tmp string

	mu      sync.Mutex // guards what follows
	batches map[string]*batch
	holders map[[32]byte]*batch // by object
}

// batch is a Parquet file and the objects in it.
type batch struct {
	// Objects are their SHA-256, in order; the batch's id is the hash over them.
	Objects []string `json:"objects"`
	Lines   int64    `json:"lines"` // that the objects have
	Rows    int64    `json:"rows"`  // that are events
	Size    int64    `json:"size"`  // of the Parquet file, in bytes

	id   string
	sums [][32]byte
	used time.Time
}

func openCache(dir string) (*cache, error) {
	dir, err := filepath.Abs(dir) // the engine knows no relative names
	if err != nil {
		return nil, fmt.Errorf("couldn't use the cache: %w", err)
	}
	c := &cache{root: filepath.Join(dir, cacheVersion), batches: map[string]*batch{}, holders: map[[32]byte]*batch{}}
	for _, sub := range []string{"batches", "amended", "catalog", "tmp"} {
		if err := os.MkdirAll(filepath.Join(c.root, sub), 0o700); err != nil {
			return nil, fmt.Errorf("couldn't use the cache: %w", err)
		}
	}
	if c.tmp, err = os.MkdirTemp(filepath.Join(c.root, "tmp"), "run-"); err != nil {
		return nil, fmt.Errorf("couldn't use the cache: %w", err)
	}
	if err := c.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("couldn't read the cache: %w", err), c.close())
	}
	return c, nil
}

func (c *cache) close() error { return os.RemoveAll(c.tmp) }

func (c *cache) parquet(id string) string { return filepath.Join(c.root, "batches", id+".parquet") }
func (c *cache) sidecar(id string) string { return filepath.Join(c.root, "batches", id+".json") }

// load reads which batches there are. What a crash left half-written has no sidecar, or another size than it says.
func (c *cache) load() error {
	c.sweepTmp()
	entries, err := os.ReadDir(filepath.Join(c.root, "batches"))
	if err != nil {
		return err
	}
	for _, entry := range entries {
		id, isSidecar := strings.CutSuffix(entry.Name(), ".json")
		if !isSidecar {
			continue
		}
		b, err := c.read(id)
		if err != nil {
			c.drop(id)
			continue
		}
		c.add(b)
	}
	for _, entry := range entries {
		id, isParquet := strings.CutSuffix(entry.Name(), ".parquet")
		if info, err := entry.Info(); isParquet && err == nil && c.batches[id] == nil && time.Since(info.ModTime()) > inUse {
			c.drop(id)
		}
	}
	return nil
}

func (c *cache) read(id string) (*batch, error) {
	data, err := os.ReadFile(c.sidecar(id))
	if err != nil {
		return nil, err
	}
	b := &batch{id: id}
	if err := json.Unmarshal(data, b); err != nil {
		return nil, err
	}
	for _, text := range b.Objects {
		sum, err := hex.DecodeString(text)
		if err != nil || len(sum) != sha256.Size {
			return nil, fmt.Errorf("%q is no SHA-256", text)
		}
		b.sums = append(b.sums, [32]byte(sum))
	}
	info, err := os.Stat(c.parquet(id))
	if err != nil {
		return nil, err
	}
	if info.Size() != b.Size || batchID(b.sums) != id {
		return nil, errors.New("not what its sidecar says")
	}
	if info, err := os.Stat(c.sidecar(id)); err == nil {
		b.used = info.ModTime()
	}
	return b, nil
}

// sweepTmp removes what processes that were killed left behind.
func (c *cache) sweepTmp() {
	runs, _ := os.ReadDir(filepath.Join(c.root, "tmp"))
	for _, run := range runs {
		path := filepath.Join(c.root, "tmp", run.Name())
		if info, err := run.Info(); err == nil && path != c.tmp && time.Since(info.ModTime()) > 24*time.Hour {
			_ = os.RemoveAll(path) // the next start tries again
		}
	}
}

func (c *cache) drop(id string) {
	// The sidecar first: without it the Parquet file counts for nothing.
	_ = os.Remove(c.sidecar(id))
	_ = os.Remove(c.parquet(id))
}

func (c *cache) add(b *batch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.batches[b.id] = b
	for _, sum := range b.sums {
		if old := c.holders[sum]; old == nil || len(old.sums) < len(b.sums) {
			c.holders[sum] = b
		}
	}
}

// holder is the batch that has an object; nil if none has.
func (c *cache) holder(sum [32]byte) *batch {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.holders[sum]
}

// commit makes a Parquet file in tmp a batch. A crash before the last rename leaves no batch.
func (c *cache) commit(tmp string, b *batch) error {
	info, err := os.Stat(tmp)
	if err != nil {
		return err
	}
	b.Size, b.id, b.used = info.Size(), batchID(b.sums), time.Now()
	for _, sum := range b.sums {
		b.Objects = append(b.Objects, hex.EncodeToString(sum[:]))
	}
	data, err := json.Marshal(b)
	if err != nil {
		return err
	}
	if err := os.Rename(tmp, c.parquet(b.id)); err != nil {
		return err
	}
	if err := os.WriteFile(tmp+".json", data, 0o600); err != nil {
		return err
	}
	if err := os.Rename(tmp+".json", c.sidecar(b.id)); err != nil {
		return err
	}
	c.add(b)
	return nil
}

// largestFirst sorts batches by size. The engine guesses how many rows there are from the first file: with a small one there it takes the
// whole of the events for the small side of a join, and holds it in memory.
func (c *cache) largestFirst(ids map[string]bool) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.SortedFunc(maps.Keys(ids), func(a, b string) int {
		return cmp.Or(cmp.Compare(c.batches[b].Size, c.batches[a].Size), strings.Compare(a, b))
	})
}

// touch marks batches as used now.
func (c *cache) touch(ids []string, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		if b := c.batches[id]; b != nil && now.Sub(b.used) > inUse/4 {
			b.used = now
			_ = os.Chtimes(c.sidecar(id), now, now) // it only goes earlier than it might
		}
	}
}

// shrink removes the batches that were used longest ago until limit bytes are left, and what was derived and is old.
func (c *cache) shrink(limit int64, now time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var total int64
	for _, b := range c.batches {
		total += b.Size
	}
	for _, b := range slices.SortedFunc(maps.Values(c.batches), func(a, b *batch) int { return cmp.Or(a.used.Compare(b.used), strings.Compare(a.id, b.id)) }) {
		if total <= limit || now.Sub(b.used) < inUse {
			break
		}
		c.drop(b.id)
		delete(c.batches, b.id)
		for _, sum := range b.sums {
			if c.holders[sum] == b {
				delete(c.holders, sum)
			}
		}
		total -= b.Size
	}
	return c.forgetAmended(now)
}

// forgetAmended removes amended rows that nobody asked for in a week: they are made anew when somebody does.
func (c *cache) forgetAmended(now time.Time) error {
	entries, err := os.ReadDir(filepath.Join(c.root, "amended"))
	if err != nil {
		return fmt.Errorf("couldn't read the cache: %w", err)
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && now.Sub(info.ModTime()) > 7*24*time.Hour {
			err = os.Remove(filepath.Join(c.root, "amended", entry.Name()))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("couldn't clean the cache: %w", err)
		}
	}
	return nil
}

func batchID(sums [][32]byte) string {
	if len(sums) == 1 {
		return hex.EncodeToString(sums[0][:])
	}
	h := sha256.New()
	for _, sum := range sums {
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}
