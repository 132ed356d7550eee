package objstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var errFault = errors.New("injected fault")

// disk is a file system that knows what a power cut would leave, and fails on demand. It outlives the stores on it,
// as a disk outlives processes.
type disk struct {
	t        *testing.T
	unsynced map[string]bool // names of files and directories whose entry in the parent is not on disk
	dirty    map[string]bool // files written to since their last Sync

	step   int  // operations so far
	failAt int  // the operation that fails, counted from 1; 0 for none
	apply  bool // it fails after taking effect
	crash  bool // and so does each one after it, untouched: the process is dead
}

func newDisk(t *testing.T) *disk {
	return &disk{t: t, unsynced: map[string]bool{}, dirty: map[string]bool{}}
}

// do runs one operation, or not, as the fault says.
func (d *disk) do(op func() error) error {
	d.step++
	switch {
	case d.failAt == 0 || d.step < d.failAt || d.step > d.failAt && !d.crash:
		return op()
	case d.step == d.failAt && d.apply:
		return errors.Join(errFault, op())
	default:
		return errFault
	}
}

func (d *disk) mkdir(name string) error {
	return d.do(func() error {
		err := osFS{}.mkdir(name)
		if err == nil {
			d.unsynced[name] = true
		}
		return err
	})
}

func (d *disk) create(name string) (f file, err error) {
	err = d.do(func() error {
		f, err = osFS{}.create(name)
		if err == nil {
			d.dirty[name] = true // even when empty: its size and mode are data, too
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &diskFile{disk: d, name: name, file: f}, nil
}

func (d *disk) link(from, to string) error {
	return d.do(func() error {
		assert.False(d.t, d.dirty[from], "linked before its bytes were on disk")
		err := osFS{}.link(from, to)
		if err == nil {
			d.unsynced[to] = true
		}
		return err
	})
}

func (d *disk) remove(name string) error {
	return d.do(func() error { return osFS{}.remove(name) })
}

func (d *disk) sync(name string) error {
	return d.do(func() error {
		err := osFS{}.sync(name)
		for child := range d.unsynced {
			if filepath.Dir(child) == name {
				delete(d.unsynced, child)
			}
		}
		return err
	})
}

// durable says whether a power cut now would leave name reachable from root.
func (d *disk) durable(root, name string) bool {
	for ; name != root; name = filepath.Dir(name) {
		if d.unsynced[name] {
			return false
		}
	}
	return true
}

type diskFile struct {
	disk *disk
	name string
	file file
}

func (f *diskFile) Write(p []byte) (n int, err error) {
	f.disk.dirty[f.name] = true
	err = f.disk.do(func() error { n, err = f.file.Write(p); return err })
	if errors.Is(err, errFault) && n == 0 {
		n, _ = f.file.Write(p[:len(p)/2]) // a failed write may well have written some
	}
	return n, err
}

func (f *diskFile) Sync() error {
	return f.disk.do(func() error { delete(f.disk.dirty, f.name); return f.file.Sync() })
}

func (f *diskFile) Close() error {
	err := f.disk.do(f.file.Close)
	if errors.Is(err, errFault) {
		_ = f.file.Close() // spare the test's file descriptors
	}
	return err
}

func dirOn(t *testing.T, root string, disk *disk) *Dir {
	t.Helper()
	d, err := NewDir(root)
	require.NoError(t, err)
	d.fs = disk
	return d
}

// TestDirFaults fails each operation of a Put, before or after it took effect, with the process living on or dead.
// Then the object is either absent or whole, and whoever comes next gets it durable.
func TestDirFaults(t *testing.T) {
	const key = "events/date/object"
	body := BytesBody([]byte("all or nothing"))

	steps := func() int {
		disk := newDisk(t)
		_, err := dirOn(t, t.TempDir(), disk).Put(t.Context(), key, body, PutOptions{})
		require.NoError(t, err)
		return disk.step
	}()
	require.Greater(t, steps, 10)

	for failAt := 1; failAt <= steps; failAt++ {
		for _, apply := range []bool{false, true} {
			for _, crash := range []bool{false, true} {
				for _, reopen := range []bool{false, true} {
					if crash && !reopen {
						continue
					}
					t.Run(fmt.Sprintf("step %d, applied %t, crash %t, reopen %t", failAt, apply, crash, reopen), func(t *testing.T) {
						root, disk := t.TempDir(), newDisk(t)
						disk.failAt, disk.apply, disk.crash = failAt, apply, crash
						store := dirOn(t, root, disk)
						_, err := store.Put(t.Context(), key, body, PutOptions{})
						checkWorld(t, disk, store, key, body, err == nil)

						disk.failAt = 0
						if reopen {
							store = dirOn(t, root, disk)
							_, err = store.Check(t.Context(), Requirements{Write: true})
							require.NoError(t, err)
						}
						_, err = store.Put(t.Context(), key, body, PutOptions{})
						require.NoError(t, err, "the retry must succeed")
						checkWorld(t, disk, store, key, body, true)
					})
				}
			}
		}
	}
}

// checkWorld verifies all that is under a store's root: nothing but key, absent or whole, and durable if acknowledged.
func checkWorld(t *testing.T, disk *disk, d *Dir, key string, body Body, acknowledged bool) {
	t.Helper()
	var listed []string
	for info, err := range d.List(t.Context(), "", "") {
		require.NoError(t, err)
		listed = append(listed, info.Key)
	}
	if len(listed) == 0 {
		require.False(t, acknowledged, "acknowledged but absent")
		_, err := d.Stat(t.Context(), key)
		require.ErrorIs(t, err, ErrNotFound)
		return
	}
	require.Equal(t, []string{key}, listed)
	sum, err := d.hash(t.Context(), key)
	require.NoError(t, err)
	require.Equal(t, body.SHA256, sum, "torn")
	fi, err := os.Stat(d.name(key))
	require.NoError(t, err)
	require.Zero(t, fi.Mode().Perm()&0o222, "writable")
	if acknowledged {
		require.True(t, disk.durable(d.root, d.name(key)), "acknowledged, but a power cut would lose it")
	}
}

// TestDirRoot fails each operation of the Check that makes the root directory. A Check that passes has made the root
// durable, whatever happened to an earlier one.
func TestDirRoot(t *testing.T) {
	want := Requirements{Write: true}
	for failAt, steps := 1, 1; failAt <= steps; failAt++ {
		for _, apply := range []bool{false, true} {
			base, disk := t.TempDir(), newDisk(t)
			disk.failAt, disk.apply = failAt, apply
			store := dirOn(t, filepath.Join(base, "a", "b"), disk)
			if _, err := store.Check(t.Context(), want); err == nil {
				require.True(t, disk.durable(base, store.root), "step %d", failAt)
			}
			steps = max(steps, disk.step)
			_, err := dirOn(t, store.root, disk).Check(t.Context(), want)
			require.NoError(t, err, "after step %d", failAt)
			require.True(t, disk.durable(base, store.root), "after step %d", failAt)
		}
	}
}

func TestDirCheck(t *testing.T) {
	t.Run("no lock", func(t *testing.T) {
		d := dirOn(t, filepath.Join(t.TempDir(), "new"), newDisk(t))
		_, err := d.Check(t.Context(), Requirements{Write: true, LockMode: LockGovernance})
		require.ErrorIs(t, err, ErrUnsupported)
		require.NoDirExists(t, d.root)
		_, err = d.Put(t.Context(), "k", BytesBody(nil), PutOptions{LockMode: LockGovernance, RetainUntil: time.Now().Add(time.Hour)})
		require.ErrorIs(t, err, ErrUnsupported)
	})
	t.Run("a reader makes nothing", func(t *testing.T) {
		d := dirOn(t, filepath.Join(t.TempDir(), "new"), newDisk(t))
		_, err := d.Check(t.Context(), Requirements{})
		require.ErrorIs(t, err, ErrNoBucket)
		require.NoDirExists(t, d.root)
	})
	t.Run("a lost mount is not filled", func(t *testing.T) {
		d := dirOn(t, filepath.Join(t.TempDir(), "gone"), newDisk(t))
		_, err := d.Put(t.Context(), "a/b", BytesBody(nil), PutOptions{})
		require.ErrorIs(t, err, ErrNoBucket)
		assert.True(t, Retryable(err))
		require.NoDirExists(t, d.root)
		for _, err := range d.List(t.Context(), "", "") {
			require.ErrorIs(t, err, ErrNoBucket)
		}
	})
	t.Run("a file is no directory", func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "file")
		require.NoError(t, os.WriteFile(name, nil, 0o600))
		_, err := dirOn(t, name, newDisk(t)).Check(t.Context(), Requirements{Write: true})
		require.Error(t, err)
	})
	t.Run("stale temporary files", func(t *testing.T) {
		d := dirOn(t, t.TempDir(), newDisk(t))
		require.NoError(t, d.makeDirs(tmpDir))
		for name, age := range map[string]time.Duration{"old": 2 * time.Hour, "young": 10 * time.Minute} {
			file := filepath.Join(d.root, tmpDir, name)
			require.NoError(t, os.WriteFile(file, []byte("torn"), 0o400))
			require.NoError(t, os.Chtimes(file, time.Now().Add(-age), time.Now().Add(-age)))
		}
		_, err := d.Check(t.Context(), Requirements{Write: true})
		require.NoError(t, err)
		assert.NoFileExists(t, filepath.Join(d.root, tmpDir, "old"))
		assert.FileExists(t, filepath.Join(d.root, tmpDir, "young"))
	})
}

// A directory that somebody removed by hand is made again.
func TestDirRecreatesDirectories(t *testing.T) {
	d := dirOn(t, t.TempDir(), newDisk(t))
	_, err := d.Put(t.Context(), "a/b/c", BytesBody(nil), PutOptions{})
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(filepath.Join(d.root, "a")))
	_, err = d.Put(t.Context(), "a/b/c", BytesBody(nil), PutOptions{})
	require.Error(t, err)
	require.True(t, Retryable(err))
	_, err = d.Put(t.Context(), "a/b/c", BytesBody(nil), PutOptions{})
	require.NoError(t, err)
}

// Keys that clash are refused in whichever order they come, and do no harm.
func TestDirClash(t *testing.T) {
	d := dirOn(t, t.TempDir(), newDisk(t))
	for _, key := range []string{"file", "dir/file"} {
		_, err := d.Put(t.Context(), key, BytesBody([]byte(key)), PutOptions{})
		require.NoError(t, err)
	}
	for _, key := range []string{"dir", "file/below", "file/far/below"} {
		_, err := d.Put(t.Context(), key, BytesBody(nil), PutOptions{})
		require.ErrorIs(t, err, ErrInvalidKey, key)
		require.False(t, Retryable(err))
		require.Equal(t, "invalid_key", Reason(err))
		_, err = d.Get(t.Context(), key)
		require.ErrorIs(t, err, ErrNotFound, key)
	}
	left, err := os.ReadDir(filepath.Join(d.root, tmpDir))
	require.NoError(t, err)
	assert.Empty(t, left)
}

// What isn't a regular file is never passed off as an object.
func TestDirRefusesLinks(t *testing.T) {
	d := dirOn(t, t.TempDir(), newDisk(t))
	require.NoError(t, os.Symlink("/etc/hostname", filepath.Join(d.root, "link")))
	_, err := d.Get(t.Context(), "link")
	require.ErrorContains(t, err, "not a regular file")
	_, err = d.Put(t.Context(), "link", BytesBody(nil), PutOptions{})
	require.ErrorContains(t, err, "not a regular file")
	for _, err := range d.List(t.Context(), "", "") {
		require.ErrorContains(t, err, "not a regular file")
	}
}

// cancelAt cancels a context when the body has been read up to half.
type cancelAt struct {
	io.ReaderAt
	cancel context.CancelFunc
	at     int64
}

func (c cancelAt) ReadAt(p []byte, off int64) (int, error) {
	if off >= c.at {
		c.cancel()
	}
	return c.ReaderAt.ReadAt(p, off)
}

func TestDirCancelledInMidBody(t *testing.T) {
	d := dirOn(t, t.TempDir(), newDisk(t))
	ctx, cancel := context.WithCancel(t.Context())
	body := BytesBody(make([]byte, 1<<20))
	body.Reader = cancelAt{body.Reader, cancel, 1 << 19}
	_, err := d.Put(ctx, "a/b", body, PutOptions{})
	require.ErrorIs(t, err, context.Canceled)
	_, err = d.Stat(t.Context(), "a/b")
	require.ErrorIs(t, err, ErrNotFound)
	left, err := os.ReadDir(filepath.Join(d.root, tmpDir))
	require.NoError(t, err)
	assert.Empty(t, left)
}
