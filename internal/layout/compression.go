package layout

import (
	"fmt"
	"strings"
)

// Compression says how the JSON lines of an object are packed; it is the last part of the object's file name.
type Compression uint8

// The values print as none, gzip and zstd, which is also how configuration spells them.
const (
	None Compression = iota
	Gzip
	Zstd
)

// compressions holds the name in configuration, the file name ending and the media type, by Compression.
var compressions = [...]struct{ name, ending, mediaType string }{
	None: {"none", ".jsonl", "application/x-ndjson"},
	Gzip: {"gzip", ".jsonl.gz", "application/gzip"},
	Zstd: {"zstd", ".jsonl.zst", "application/zstd"},
}

// ParseCompression reads the name that String prints.
func ParseCompression(s string) (Compression, error) {
	for c, row := range compressions {
		if row.name == s {
			return Compression(c), nil
		}
	}
	return 0, fmt.Errorf("unknown compression %.40q: use none, gzip or zstd", s)
}

// String returns none, gzip or zstd.
func (c Compression) String() string {
	if !c.valid() {
		return fmt.Sprintf("compression(%d)", uint8(c))
	}
	return compressions[c].name
}

// Extension returns the ending of a file name with its leading dot: .jsonl, .jsonl.gz or .jsonl.zst.
func (c Compression) Extension() string {
	if !c.valid() {
		return ""
	}
	return compressions[c].ending
}

// MediaType returns the Content-Type of an object packed so. The bytes of the object are the packed file itself, so
// no Content-Encoding goes with it: a client that unpacked on its way in would hash other bytes than we signed.
func (c Compression) MediaType() string {
	if !c.valid() {
		return ""
	}
	return compressions[c].mediaType
}

func (c Compression) valid() bool { return int(c) < len(compressions) }

// cutExtension splits the ending off a file name. No ending is a suffix of another, so there is one answer at most.
func cutExtension(file string) (stem string, c Compression, ok bool) {
	for c := range compressions {
		if stem, ok := strings.CutSuffix(file, compressions[c].ending); ok {
			return stem, Compression(c), true
		}
	}
	return "", 0, false
}
