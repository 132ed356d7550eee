package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// Remove deletes the oldest sealed segment, which must be the given one, once
// its lines are safe elsewhere. It may be called again after an error.
func (j *Journal) Remove(seal uint64) error {
	j.disk.Lock()
	defer j.disk.Unlock()
	if j.isClosed() {
		return ErrClosed
	}
	if len(j.sealed) == 0 || j.sealed[0].Seal != seal {
		return fmt.Errorf("segment %d is not the oldest sealed segment of journal %q", seal, j.opts.Dir)
	}
	// The numbers live in the file names alone, so the newest file stays
	// until its successor exists.
	if len(j.sealed) == 1 && j.file == nil {
		if err := j.ready(); err != nil {
			return fmt.Errorf("couldn't remove segment %d: %w", seal, err)
		}
	}
	// Before the segment goes, or a crash could leave nobody who knows its lines,
	// and a sender that had no answer would have them stored twice.
	forgot, err := j.remember()
	if err != nil && !isFull(err) {
		return fmt.Errorf("couldn't remember the lines of segment %d: %w", seal, err)
	}
	full := err != nil // removing is what makes room, so it may not wait for some
	if err := j.unlink(); err != nil {
		return fmt.Errorf("couldn't remove segment %d: %w", seal, err)
	}
	if full {
		forgot, _ = j.remember() // or with the next segment's
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.forgot = forgot
	j.used -= j.sealed[0].Size
	j.sealed = slices.Delete(j.sealed, 0, 1)
	return nil
}

// remember makes the keys of the oldest sealed segment durable, as far as the
// window still holds them. It returns how many it could not. Called with disk held.
func (j *Journal) remember() (left int, err error) {
	if j.recent == nil {
		return 0, nil
	}
	end := j.active.FirstSeq
	if len(j.sealed) > 1 {
		end = j.sealed[1].FirstSeq
	}
	var keys []key
	j.mu.Lock()
	j.window.below(end, func(k *key) { keys = append(keys, *k) })
	j.mu.Unlock()
	if err := j.recent.add(keys); err != nil {
		return len(keys), err
	}
	j.mu.Lock()
	j.window.removed(end)
	j.mu.Unlock()
	return 0, nil
}

// unlink removes the file of the oldest sealed segment. Called with disk held.
func (j *Journal) unlink() error {
	err := j.fsys.Remove(j.sealed[0].Path)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // an earlier call removed it, and failed afterwards
	}
	if err != nil {
		return err
	}
	// Synced one by one, so that a power failure can bring back the newest of the
	// removed segments only: no hole in the numbers.
	return j.fsys.SyncDir(j.opts.Dir)
}
