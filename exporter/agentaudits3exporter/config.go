package agentaudits3exporter

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// Config is the configuration of the exporter.
type Config struct {
	// Bucket says where objects go: file:DIR or s3://BUCKET/PREFIX?region=…&endpoint=…&path_style=…&profile=…
	Bucket string `mapstructure:"bucket"`
	// Writer names this collector in keys and lines. No two collectors may share a name in one bucket. Empty: the
	// host's name and a random suffix, made once and kept in the journal's directory.
	Writer string `mapstructure:"writer"`
	// Journal is where events wait until they are in the bucket.
	Journal JournalConfig `mapstructure:"journal"`
	// Seal says how much of the journal becomes one set of objects.
	Seal SealConfig `mapstructure:"seal"`
	// Compression of objects: zstd, gzip or none.
	Compression string `mapstructure:"compression"`
	// ObjectLock has the bucket refuse the deletion of objects until their retention ends.
	ObjectLock ObjectLockConfig `mapstructure:"object_lock"`
	// Acknowledge says when a request succeeds: journal (events are synced to disk) or bucket (events are in objects).
	Acknowledge string `mapstructure:"acknowledge"`
	// Upload says how objects are put. Attempts never end.
	Upload UploadConfig `mapstructure:"upload"`
	// Trail is the signed log that tells of every object.
	Trail TrailConfig `mapstructure:"trail"`
	// Segments says what becomes of a day's objects once they were joined.
	Segments SegmentsConfig `mapstructure:"segments"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// JournalConfig is the section journal.
type JournalConfig struct {
	// Directory holds the journal. It must survive a restart, and belongs to one exporter.
	Directory string `mapstructure:"directory"`
	// MaxSizeMiB bounds the journal. When it is full, requests are refused and senders retry.
	MaxSizeMiB int64 `mapstructure:"max_size_mib"`
	// DuplicateWindow is how many of the newest events are remembered to recognise a request that is sent again, at
	// about 150 bytes of memory each. 0 turns it off.
	DuplicateWindow int `mapstructure:"duplicate_window"`
	// prevent unkeyed literal initialization
	_ struct{}
}

// SealConfig is the section seal.
type SealConfig struct {
	// Age is how long the first event of a segment waits before the segment is sealed.
	Age time.Duration `mapstructure:"age"`
	// SizeMiB is the size at which a segment is sealed earlier.
	SizeMiB int64 `mapstructure:"size_mib"`
	// prevent unkeyed literal initialization
	_ struct{}
}

// ObjectLockConfig is the section object_lock.
type ObjectLockConfig struct {
	// Mode is off, governance or compliance.
	Mode string `mapstructure:"mode"`
	// prevent unkeyed literal initialization
	_ struct{}
}

// UploadConfig is the section upload.
type UploadConfig struct {
	// Timeout of one attempt, to which a second for each MiB of the object is added.
	Timeout time.Duration `mapstructure:"timeout"`
	// RetryInitial is the pause after the first failed attempt. It doubles with each further one.
	RetryInitial time.Duration `mapstructure:"retry_initial"`
	// RetryMax is the longest pause between attempts.
	RetryMax time.Duration `mapstructure:"retry_max"`
	// prevent unkeyed literal initialization
	_ struct{}
}

// TrailConfig is the section trail.
type TrailConfig struct {
	// KeyFile holds Ed25519 private keys as PEM. The first one signs; to change it, put the new one before the old. Empty:
	// a key is made at the first start and kept in the journal's directory.
	KeyFile string `mapstructure:"key_file"`
	// Heartbeat is how long the log is silent at most.
	Heartbeat time.Duration `mapstructure:"heartbeat"`
	// RollupAfter is how long after the end of a UTC day its objects are joined to one for each tier. 0: never.
	RollupAfter time.Duration `mapstructure:"rollup_after"`
	// prevent unkeyed literal initialization
	_ struct{}
}

// SegmentsConfig is the section segments.
type SegmentsConfig struct {
	// Expire lets segments go whose day object was read back and is as signed, and whose lock, if they have one, has ended. It
	// takes a right to delete, of segments alone.
	Expire bool `mapstructure:"expire"`
	// prevent unkeyed literal initialization
	_ struct{}
}

// Values of acknowledge.
const (
	ackJournal = "journal"
	ackBucket  = "bucket"
)

const (
	// An hour of a busy collector, so that an outage of the bucket need not be one of the senders.
	defaultJournalMiB = 1024
	// About a minute of a busy collector: what senders that lost an answer send again. 20 MB of memory.
	defaultDuplicateWindow = 1 << 17
	// Soon enough for whoever looks into the bucket, late enough for objects worth their request.
	defaultSealAge = time.Minute
	defaultSealMiB = 64
	// A connection that is silent for longer is dead.
	defaultUploadTimeout = time.Minute
	defaultRetryInitial  = 500 * time.Millisecond
	defaultRetryMax      = 30 * time.Second

	// Silence for longer is a finding, and an entry costs two requests.
	defaultHeartbeat = time.Hour
	// Events that senders held back for a while are still in the day's object.
	defaultRollupAfter = 2 * time.Hour

	mib = 1 << 20
	// maxSealMiB keeps objects below S3's limit for one put, 5 GiB, even uncompressed and with a batch on top.
	maxSealMiB = 4096
	// maxJournalMiB is a petabyte: beyond, the number is a mistake.
	maxJournalMiB = 1 << 30
	// maxDuplicateWindow takes 2.5 GB of memory.
	maxDuplicateWindow = 1 << 24
)

func defaultConfig() *Config {
	return &Config{
		Bucket:      "file:./agentaudit-data/bucket",
		Journal:     JournalConfig{Directory: "./agentaudit-data/journal", MaxSizeMiB: defaultJournalMiB, DuplicateWindow: defaultDuplicateWindow},
		Seal:        SealConfig{Age: defaultSealAge, SizeMiB: defaultSealMiB},
		Compression: layout.Zstd.String(),
		ObjectLock:  ObjectLockConfig{Mode: string(objstore.LockOff)},
		Acknowledge: ackJournal,
		Upload:      UploadConfig{Timeout: defaultUploadTimeout, RetryInitial: defaultRetryInitial, RetryMax: defaultRetryMax},
		Trail:       TrailConfig{Heartbeat: defaultHeartbeat, RollupAfter: defaultRollupAfter},
	}
}

// Validate implements confmap.Validator. It names every wrong value, not only the first.
func (c *Config) Validate() error {
	return errors.Join(
		c.validateBucket(),
		c.validateWriter(),
		c.validateDirectory(),
		between("journal.max_size_mib", c.Journal.MaxSizeMiB, 1, maxJournalMiB),
		between("journal.duplicate_window", c.Journal.DuplicateWindow, 0, maxDuplicateWindow),
		between("seal.age", c.Seal.Age, 10*time.Millisecond, 24*time.Hour),
		between("seal.size_mib", c.Seal.SizeMiB, 1, maxSealMiB),
		c.validateSizes(),
		oneOf("compression", c.Compression, layout.Zstd.String(), layout.Gzip.String(), layout.None.String()),
		oneOf("object_lock.mode", c.ObjectLock.Mode, string(objstore.LockOff), string(objstore.LockGovernance), string(objstore.LockCompliance)),
		oneOf("acknowledge", c.Acknowledge, ackJournal, ackBucket),
		between("upload.timeout", c.Upload.Timeout, time.Second, time.Hour),
		between("upload.retry_initial", c.Upload.RetryInitial, time.Millisecond, time.Hour),
		between("upload.retry_max", c.Upload.RetryMax, c.Upload.RetryInitial, 24*time.Hour),
		between("trail.heartbeat", c.Trail.Heartbeat, time.Minute, 24*time.Hour),
		between("trail.rollup_after", c.Trail.RollupAfter, 0, 7*24*time.Hour),
		c.validateSegments(),
	)
}

// requirements are what the bucket must be able to do.
func (c *Config) requirements() objstore.Requirements {
	return objstore.Requirements{Write: true, LockMode: objstore.LockMode(c.ObjectLock.Mode)}
}

func (c *Config) validateBucket() error {
	location, err := objstore.ParseURL(c.Bucket)
	if err != nil {
		// ParseURL never repeats the URL, which may hold a password.
		return fmt.Errorf(`"bucket": %w`, err)
	}
	if mode := objstore.LockMode(c.ObjectLock.Mode); location.Dir != "" && mode.On() && mode.Valid() {
		return fmt.Errorf(`"object_lock.mode": %q needs an s3: bucket, and "bucket" is a directory, which can't lock objects: use "off" or another bucket`, c.ObjectLock.Mode)
	}
	return nil
}

func (c *Config) validateWriter() error {
	if c.Writer != "" && !layout.ValidWriter(c.Writer) {
		return fmt.Errorf(`"writer": got %.130q: use up to 128 of A-Z a-z 0-9 . _ -, not starting with . or -, or leave it empty`, c.Writer)
	}
	return nil
}

func (c *Config) validateDirectory() error {
	if strings.TrimSpace(c.Journal.Directory) == "" {
		return fmt.Errorf(`"journal.directory": got %q: name a directory that survives a restart`, c.Journal.Directory)
	}
	return nil
}

func (c *Config) validateSizes() error {
	if c.Journal.MaxSizeMiB > 0 && c.Seal.SizeMiB > c.Journal.MaxSizeMiB {
		return fmt.Errorf(`"seal.size_mib": got %d: at most "journal.max_size_mib", which is %d`, c.Seal.SizeMiB, c.Journal.MaxSizeMiB)
	}
	return nil
}

func (c *Config) validateSegments() error {
	if c.Segments.Expire && c.Trail.RollupAfter == 0 {
		return errors.New(`"segments.expire": got true with "trail.rollup_after" 0: nothing would hold what segments hold, so join days, or let segments stay`)
	}
	return nil
}

func between[T int | int64 | time.Duration](key string, got, least, most T) error {
	if got < least || got > most {
		return fmt.Errorf("%q: got %v: use a value from %v to %v", key, got, least, most)
	}
	return nil
}

func oneOf(key, got string, allowed ...string) error {
	if !slices.Contains(allowed, got) {
		return fmt.Errorf("%q: got %.40q: use one of %s", key, got, strings.Join(allowed, ", "))
	}
	return nil
}
