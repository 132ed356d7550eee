package trail

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agentaudit/agentaudit/internal/layout"
)

// maxSeen bounds the checkpoints of others in one entry. What doesn't fit goes into the next.
const maxSeen = 128

// news returns what is to be said of other writers' logs, and what has been said then.
func news(said, others map[string]Seen) ([]Seen, map[string]Seen) {
	var fresh []Seen
	for _, writer := range slices.Sorted(maps.Keys(others)) {
		if others[writer] != said[writer] && len(fresh) < maxSeen {
			fresh = append(fresh, others[writer])
		}
	}
	if len(fresh) == 0 {
		return nil, said
	}
	next := maps.Clone(said)
	if next == nil {
		next = map[string]Seen{}
	}
	for _, s := range fresh {
		next[s.Writer] = s
	}
	return fresh, next
}

// look learns the newest checkpoints of all other writers in the bucket, as they are: their signatures are for the
// verifier, who has the keys.
func (l *Log) look(ctx context.Context) error {
	var problems []error
	for after := layout.TrailRoot; ; {
		key, err := l.firstKey(ctx, layout.TrailRoot, after)
		if err != nil {
			return fmt.Errorf("couldn't look for other writers: %w", err)
		}
		if key == "" {
			return errors.Join(problems...)
		}
		writer, _, _ := strings.Cut(strings.TrimPrefix(key, layout.TrailRoot), "/")
		// Behind every key of this writer: "0" is the character after "/".
		after = layout.TrailRoot + writer + "0"
		if writer == l.opts.Writer || !layout.ValidWriter(writer) {
			continue
		}
		if err := l.lookAtWriter(ctx, writer); err != nil {
			problems = append(problems, fmt.Errorf("couldn't read the newest checkpoint of %q: %w", writer, err))
		}
	}
}

func (l *Log) firstKey(ctx context.Context, prefix, after string) (string, error) {
	for info, err := range l.opts.Bucket.List(ctx, prefix, after) {
		return info.Key, err
	}
	return "", nil
}

// lookAtWriter reads the newest checkpoint of another writer.
func (l *Log) lookAtWriter(ctx context.Context, writer string) error {
	after := ""
	if known, ok := l.others[writer]; ok {
		after = layout.Trail{Writer: writer, Path: CheckpointPath(known.Size)}.Key()
	}
	newest := ""
	for info, err := range l.opts.Bucket.List(ctx, layout.TrailPrefix(writer)+CheckpointDir, after) {
		if err != nil {
			return err
		}
		newest = info.Key
	}
	if newest == "" {
		return nil
	}
	path := strings.TrimPrefix(newest, layout.TrailPrefix(writer))
	text, err := read(ctx, l.opts.Bucket, newest, maxNote)
	if err != nil {
		return err
	}
	c, err := ReadCheckpoint(text)
	if err != nil {
		return err
	}
	if size, ok := ParseCheckpointPath(path); !ok || size != c.Size || c.Origin != Origin(writer) {
		return fmt.Errorf("%w: %q says to be %q of size %d", ErrCheckpoint, newest, c.Origin, c.Size)
	}
	l.others[writer] = Seen{writer, c.Size, Hash(c.Root)}
	l.count(func(s *Stats) { s.Others = len(l.others) })
	return nil
}
