package trail

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/agentaudit/agentaudit/internal/layout"
)

const (
	// tileWidth is the number of hashes in a full tile, and of entries in a full bundle (C2SP tlog-tiles).
	tileWidth = 256
	// maxIndex keeps indices within the twelve digits of a key.
	maxIndex = 1e12 - 1

	entryDir      = "entry/"
	checkpointDir = "checkpoints/"
	pointerPath   = "checkpoint"
)

// Prefixes of keys under a writer's prefix, [layout.TrailPrefix].
const (
	// CheckpointDir is where all checkpoints are; they sort by size.
	CheckpointDir = checkpointDir
	// PointerPath is the newest published checkpoint, if the store can replace.
	PointerPath = pointerPath
)

// EntryPath returns where an entry is.
func EntryPath(index uint64) string { return entryDir + number(index) }

// CheckpointPath returns where the checkpoint of a size is.
func CheckpointPath(size uint64) string { return checkpointDir + number(size) }

// number prints twelve digits, a thousand to a directory.
func number(n uint64) string { return fmt.Sprintf("%09d/%03d", n/1000, n%1000) }

// ParseCheckpointPath is the inverse of CheckpointPath.
func ParseCheckpointPath(path string) (size uint64, ok bool) {
	digits, ok := strings.CutPrefix(path, checkpointDir)
	if !ok {
		return 0, false
	}
	return parseNumber(digits)
}

// ParseEntryPath is the inverse of EntryPath.
func ParseEntryPath(path string) (index uint64, ok bool) {
	digits, ok := strings.CutPrefix(path, entryDir)
	if !ok {
		return 0, false
	}
	return parseNumber(digits)
}

func parseNumber(s string) (n uint64, ok bool) {
	n, err := strconv.ParseUint(strings.Replace(s, "/", "", 1), 10, 64)
	return n, err == nil && n <= maxIndex && number(n) == s
}

// TilePath returns where a tile of hashes is; width 0 is the full one.
func TilePath(level int, n uint64, width int) string {
	return fmt.Sprintf("tile/%d/%s", level, tileNumber(n, width))
}

// BundlePath returns where a bundle of entries is; width 0 is the full one.
func BundlePath(n uint64, width int) string { return "tile/entries/" + tileNumber(n, width) }

// tileNumber prints n as tlog-tiles does: 1234067 is x001/x234/067.
func tileNumber(n uint64, width int) string {
	s := fmt.Sprintf("%03d", n%1000)
	for n /= 1000; n > 0; n /= 1000 {
		s = fmt.Sprintf("x%03d/%s", n%1000, s)
	}
	if width > 0 {
		s += fmt.Sprintf(".p/%d", width)
	}
	return s
}

// DayPath returns where the entries of a day are as one file.
func DayPath(day layout.Date) string { return "days/" + day.String() + ".jsonl" }

// RollupPath returns where the index of a day object is.
func RollupPath(day layout.Date, tier string) string {
	return "rollups/" + day.String() + "-" + tier + ".jsonl"
}

// AbsentRollupPath returns where the index of a day object of another writer is.
func AbsentRollupPath(day layout.Date, tier, writer string) string {
	return "rollups/" + day.String() + "-" + tier + "-" + writer + ".jsonl"
}

func (l *Log) key(path string) string { return layout.Trail{Writer: l.opts.Writer, Path: path}.Key() }
