package verify

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/agentaudit/agentaudit/internal/layout"
)

// Paths of a log's files, under its prefix.
const (
	dirEntries     = "entry/"
	dirCheckpoints = "checkpoints/"
	dirDays        = "days/"
	dirRollups     = "rollups/"
	dirTiles       = "tile/"
	pathPointer    = "checkpoint"
)

const tileWidth = 256

func numbered(dir string, n int64) string { return fmt.Sprintf("%s%09d/%03d", dir, n/1000, n%1000) }

// parseNumbered is the inverse of numbered.
func parseNumbered(dir, path string) (int64, bool) {
	rest, ok := strings.CutPrefix(path, dir)
	if !ok || len(rest) != 13 || rest[9] != '/' {
		return 0, false
	}
	n, err := strconv.ParseInt(rest[:9]+rest[10:], 10, 64)
	return n, err == nil && numbered(dir, n) == path
}

func (l *log) key(path string) string { return layout.TrailPrefix(l.writer) + path }

// tilePath is that of a full tile or bundle: C2SP tlog-tiles writes its number in groups of three digits, all but the
// last with an x before.
func tilePath(level string, n int64) string {
	number := fmt.Sprintf("%03d", n%1000)
	for n /= 1000; n > 0; n /= 1000 {
		number = fmt.Sprintf("x%03d/%s", n%1000, number)
	}
	return dirTiles + level + "/" + number
}

// tileName is what the path of a tile or bundle says.
type tileName struct {
	level string // 0, 1, … or entries
	n     int64
	width int64 // less than tileWidth for a partial one
}

func (t tileName) path() string {
	p := tilePath(t.level, t.n)
	if t.width < tileWidth {
		p += ".p/" + strconv.FormatInt(t.width, 10)
	}
	return p
}

// parseTile is the inverse of path.
func parseTile(path string) (t tileName, ok bool) {
	rest, ok := strings.CutPrefix(path, dirTiles)
	if !ok {
		return t, false
	}
	t.level, rest, ok = strings.Cut(rest, "/")
	level, err := strconv.Atoi(t.level)
	if !ok || t.level != "entries" && (err != nil || level < 0 || level > 63 || strconv.Itoa(level) != t.level) {
		return t, false
	}
	number, width, partial := strings.Cut(rest, ".p/")
	t.width = tileWidth
	if partial {
		if t.width, err = strconv.ParseInt(width, 10, 64); err != nil || t.width < 1 || t.width >= tileWidth {
			return t, false
		}
	}
	digits := strings.NewReplacer("x", "", "/", "").Replace(number)
	if t.n, err = strconv.ParseInt(digits, 10, 64); err != nil || t.n < 0 {
		return t, false
	}
	return t, t.path() == path
}
