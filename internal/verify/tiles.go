package verify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

const maxLevel = 8 // of tiles: 256^8 entries

// tiles are what tlog-tiles clients read, made again from the entries, to compare with what lies in the bucket.
type tiles struct {
	*log
	levels  [maxLevel][]byte // hashes of the tile that is not full yet
	counts  [maxLevel]int64  // full tiles
	bundle  hash.Hash        // of the bundle that is not full yet
	lengths []int64          // of its beginnings, by number of entries
	digests []digest         // of its beginnings
	bytes   int64
	size    int64
}

// add takes an entry in that is believed.
func (t *tiles) add(ctx context.Context, s step) {
	if t.bundle == nil {
		t.bundle = sha256.New()
	}
	skip := s.index < t.trusted
	var length [2]byte
	binary.BigEndian.PutUint16(length[:], uint16(len(s.data))) //nolint:gosec // entries are shorter
	_, _ = t.bundle.Write(length[:])
	_, _ = t.bundle.Write(s.data)
	t.bytes += 2 + int64(len(s.data))
	t.digests, t.lengths = append(t.digests, digest(t.bundle.Sum(nil))), append(t.lengths, t.bytes)
	t.size++
	if len(t.digests) == tileWidth {
		name := tileName{"entries", t.size/tileWidth - 1, tileWidth}
		t.compare(ctx, skip, name, t.bytes, t.digests[tileWidth-1])
		t.bundle.Reset()
		t.digests, t.lengths, t.bytes = t.digests[:0], t.lengths[:0], 0
	}
	t.hash(ctx, skip, 0, tlog.RecordHash(s.data))
}

// hash takes a hash of a level in; a full tile gives one of the next.
func (t *tiles) hash(ctx context.Context, skip bool, level int, h tlog.Hash) {
	if level == maxLevel {
		return
	}
	tile := append(t.levels[level], h[:]...)
	t.levels[level] = tile
	if len(tile) < tileWidth*len(h) {
		return
	}
	t.compare(ctx, skip, tileName{strconv.Itoa(level), t.counts[level], tileWidth}, int64(len(tile)), sha256.Sum256(tile))
	var inner tree
	for i := 0; i < len(tile); i += len(h) {
		inner.add(tlog.Hash(tile[i : i+len(h)]))
	}
	t.counts[level]++
	t.levels[level] = tile[:0]
	t.hash(ctx, skip, level+1, inner.root())
}

func (t *tiles) compare(ctx context.Context, skip bool, name tileName, size int64, want digest) {
	if skip {
		return
	}
	l, index := t.log, t.size-1
	l.pool.do(ctx, func(ctx context.Context) error { return l.checkFile(ctx, l.key(name.path()), index, size, want) })
}

// finish compares partial tiles and bundles, which are the beginnings of full ones or of what is not full yet.
func (t *tiles) finish(ctx context.Context) error {
	if t.files.partial == 0 {
		return nil
	}
	prefix := t.key(dirTiles)
	for info, err := range t.list(ctx, prefix, "") {
		if err != nil {
			return err
		}
		name, ok := parseTile(info.Key[len(t.key("")):])
		if !ok || name.width == tileWidth {
			continue
		}
		span := int64(1) // entries under one hash of the tile
		if level, err := strconv.Atoi(name.level); err == nil {
			for range level {
				span *= tileWidth
			}
		}
		end := (name.n*tileWidth + name.width) * span
		if end > t.size || end <= t.trusted {
			continue // of a size that is not signed yet, or verified before
		}
		l, full := t.log, *t
		t.pool.do(ctx, func(ctx context.Context) error { return l.checkPartial(ctx, &full, name) })
	}
	return nil
}

// checkPartial compares one partial tile or bundle.
func (l *log) checkPartial(ctx context.Context, t *tiles, name tileName) error {
	key := l.key(name.path())
	data, err := l.get(ctx, key, maxBundle)
	if err != nil {
		if fault(err) {
			return nil // gone since it was listed
		}
		return err
	}
	var want []byte
	if name.level == "entries" {
		if name.n == t.size/tileWidth { // the one that is not full
			i := name.width - 1
			if int64(len(data)) != t.lengths[i] || digest(sha256.Sum256(data)) != t.digests[i] {
				l.find(Finding{Kind: TrailFileAltered, Key: key, Expected: "sha256 " + t.digests[i].String(), Found: "sha256 " + digest(sha256.Sum256(data)).String()})
			}
			return nil
		}
	} else if level, _ := strconv.Atoi(name.level); level < maxLevel && name.n == t.counts[level] {
		want = t.levels[level]
	}
	if want == nil {
		if want, err = l.get(ctx, l.key(tileName{name.level, name.n, tileWidth}.path()), maxBundle); err != nil {
			if fault(err) {
				return nil // told already
			}
			return err
		}
	}
	whole := int64(len(data)) == name.width*tlog.HashSize
	if name.level == "entries" {
		whole = int64(len(splitBundle(data))) == name.width
	}
	if !whole || !bytes.HasPrefix(want, data) {
		l.find(Finding{Kind: TrailFileAltered, Key: key, Expected: "the beginning of the full one", Found: "sha256 " + digest(sha256.Sum256(data)).String()})
	}
	return nil
}
