package objstore

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

const (
	// tmpDir holds files being written. ValidateKey keeps keys away from it, and it is on the same file system, which
	// link(2) needs.
	tmpDir = ".tmp"
	// staleAfter is how long nobody may have written to a temporary file before Check takes it for a crash's.
	staleAfter = time.Hour
	// maxDurable bounds the memory of Dir.durable. Forgetting costs some needless fsyncs, never an object.
	maxDurable = 4096
)

// Dir is a Store in a local directory: the key is the path of a read-only file. It takes a POSIX file system with
// link(2) and an fsync that means it; two processes may share one. It can't lock: whoever may write to the directory
// may delete from it, so Put refuses lock modes.
//
// An object comes to be in five steps, and a crash after each leaves this behind:
//
//	make its directories, fsync each one's parent   empty directories
//	write and hash a temporary file, fsync it       a temporary file, which Check removes later
//	link(2) it to its name                          the whole object, perhaps only until a power cut   ← commit point
//	fsync its directory                             the whole object, for good
//	remove the temporary name                       the same
//
// link(2) fails when the name exists, so of many writers one wins. A retry meets what an earlier attempt left and
// goes through the same fsyncs before it calls that success.
//
// BUG(objstore): when fsync of a directory fails, Linux may report that only once. If the error was real and the
// retry's fsync succeeds regardless, a power cut can still lose the name of an object that Put acknowledged.
type Dir struct {
	root string
	fs   fsys

	mu      sync.Mutex
	durable map[string]bool // guarded by mu; directories, as keys, whose names this process knows to be on disk
}

var _ Store = (*Dir)(nil)

// NewDir returns the store in the directory root. It touches nothing: Check creates the directory if it is missing.
func NewDir(root string) (*Dir, error) {
	abs, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("couldn't find directory %q: %w", root, err)
	}
	return &Dir{root: abs, fs: osFS{}, durable: map[string]bool{}}, nil
}

// String returns the file URL of the directory.
func (d *Dir) String() string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(d.root)}).String()
}

// Close does nothing; a Dir holds nothing open.
func (d *Dir) Close() error { return nil }

// name returns the path of the file or directory that a key names.
func (d *Dir) name(key string) string { return filepath.Join(d.root, filepath.FromSlash(key)) }

// Put implements Store.
func (d *Dir) Put(ctx context.Context, key string, body Body, opts PutOptions) (Result, error) {
	if err := validatePut(key, body, opts); err != nil {
		return Result{}, err
	}
	if opts.locks(time.Now()) {
		return Result{}, fmt.Errorf("%w: a directory can't lock objects", ErrUnsupported)
	}
	res, err := d.put(ctx, key, body)
	switch {
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EISDIR):
		return Result{}, fmt.Errorf("couldn't put %q: %w: one key is a directory of the other: %w", key, ErrInvalidKey, err)
	case err != nil:
		return Result{}, fmt.Errorf("couldn't put %q: %w", key, err)
	}
	return res, nil
}

func (d *Dir) put(ctx context.Context, key string, body Body) (Result, error) {
	dir := path.Dir(key)
	if err := d.makeDirs(dir); err != nil {
		return Result{}, err
	}
	// A retry needs no second copy on a disk that may be full by now.
	if _, err := os.Lstat(d.name(key)); err == nil {
		return d.compare(ctx, key, body)
	}
	tmp, err := d.writeTemp(ctx, body)
	if err != nil {
		return Result{}, err
	}
	// A temporary name that stays is a hard link at worst, which Check removes. The object doesn't depend on it.
	defer func() { _ = d.fs.remove(tmp) }()

	switch err := d.fs.link(tmp, d.name(key)); {
	case errors.Is(err, fs.ErrExist):
		return d.compare(ctx, key, body)
	case err != nil:
		d.forget() // perhaps somebody removed a directory
		return Result{}, err
	}
	return Result{}, d.fs.sync(d.name(dir))
}

// compare decides about a key that exists. Whoever made the file may have died before its fsyncs, so it makes good
// for them.
func (d *Dir) compare(ctx context.Context, key string, body Body) (Result, error) {
	info, err := d.Stat(ctx, key)
	if err != nil {
		return Result{}, err
	}
	if info.Size == body.Size {
		info.SHA256, err = d.hash(ctx, key)
		if err != nil {
			return Result{}, err
		}
	}
	if info.Size != body.Size || info.SHA256 != body.SHA256 {
		return Result{}, conflict(info, body)
	}
	if err := d.fs.sync(d.name(key)); err != nil {
		return Result{}, err
	}
	return Result{Existed: true, Info: info}, d.fs.sync(d.name(path.Dir(key)))
}

func (d *Dir) hash(ctx context.Context, key string) (sum [32]byte, err error) {
	r, err := d.Get(ctx, key)
	if err != nil {
		return sum, err
	}
	defer func() { _ = r.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return sum, err
	}
	h.Sum(sum[:0])
	return sum, nil
}

// writeTemp returns the name of a new file that holds body, proven and on disk. After an error there is no file: one
// whose fsync failed must not be fsynced again, since the kernel may have dropped its pages.
func (d *Dir) writeTemp(ctx context.Context, body Body) (name string, err error) {
	if err := d.makeDirs(tmpDir); err != nil {
		return "", err
	}
	name = filepath.Join(d.root, tmpDir, rand.Text())
	f, err := d.fs.create(name)
	if err != nil {
		d.forget()
		return "", err
	}
	defer func() {
		if err != nil {
			_ = d.fs.remove(name)
		}
	}()
	h := sha256.New()
	n, err := io.CopyBuffer(io.MultiWriter(f, h), ctxReader{ctx, body.open()}, make([]byte, 128<<10))
	if err == nil && (n != body.Size || [32]byte(h.Sum(nil)) != body.SHA256) {
		err = fmt.Errorf("%w: the body has %d bytes with SHA-256 %x, announced were %d with %x",
			ErrChecksum, n, h.Sum(nil), body.Size, body.SHA256)
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return name, err
}

// makeDirs makes the directory rel and its parents below the root, each durable in its parent. A directory that
// exists isn't therefore durable: another process, or this one before an error, may just have made it.
func (d *Dir) makeDirs(rel string) error {
	if rel == "." || d.isDurable(rel) {
		return nil
	}
	parent := path.Dir(rel)
	if err := d.makeDirs(parent); err != nil {
		return err
	}
	if err := d.fs.mkdir(d.name(rel)); err != nil && !errors.Is(err, fs.ErrExist) {
		d.forget()
		if parent == "." && errors.Is(err, fs.ErrNotExist) {
			// Not made here: the root may be a mount point whose disk is gone, and must not be filled then.
			return fmt.Errorf("%w: %w", ErrNoBucket, err)
		}
		return err
	}
	if err := d.fs.sync(d.name(parent)); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.durable) >= maxDurable {
		clear(d.durable)
	}
	d.durable[rel] = true
	return nil
}

func (d *Dir) isDurable(rel string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.durable[rel]
}

func (d *Dir) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.durable)
}

// Get implements Store.
func (d *Dir) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	if _, err := d.Stat(ctx, key); err != nil {
		return nil, err
	}
	f, err := os.Open(d.name(key))
	if err != nil {
		return nil, fmt.Errorf("couldn't get %q: %w", key, notFound(err))
	}
	return struct {
		io.Reader
		io.Closer
	}{ctxReader{ctx, f}, f}, nil
}

// Stat implements Store. It knows size and time; to know the SHA-256 it would have to read the object.
func (d *Dir) Stat(ctx context.Context, key string) (Info, error) {
	if err := ValidateKey(key); err != nil {
		return Info{}, err
	}
	if err := ctx.Err(); err != nil {
		return Info{}, fmt.Errorf("couldn't stat %q: %w", key, err)
	}
	fi, err := os.Lstat(d.name(key))
	switch {
	case err != nil:
		return Info{}, fmt.Errorf("couldn't stat %q: %w", key, notFound(err))
	case fi.IsDir():
		return Info{}, fmt.Errorf("couldn't stat %q: %w: %w", key, ErrNotFound, syscall.EISDIR)
	case !fi.Mode().IsRegular():
		// A symbolic link could point anywhere, at what changes or isn't ours to show.
		return Info{}, fmt.Errorf("couldn't stat %q: not a regular file", key)
	}
	return Info{Key: key, Size: fi.Size(), Modified: fi.ModTime()}, nil
}

// notFound gives the two errors of a missing file their name here. ENOTDIR is "a/b" where "a" is an object.
func notFound(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return err
}

// conflict describes what was found where body should go.
func conflict(found Info, body Body) error {
	return fmt.Errorf("%w: stored are %d bytes with SHA-256 %x, ours are %d with %x",
		ErrConflict, found.Size, found.SHA256, body.Size, body.SHA256)
}

// ctxReader ends reading when the context does.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (c ctxReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
