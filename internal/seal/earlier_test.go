package seal

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/event"
	"github.com/agentaudit/agentaudit/internal/layout"
	"github.com/agentaudit/agentaudit/internal/objstore"
)

// occupied is a bucket in which every key is taken by the same content.
type occupied struct {
	content []byte
	broken  error // of reading it
}

func (o occupied) Put(_ context.Context, _ string, body objstore.Body, _ objstore.PutOptions) (objstore.Result, error) {
	if body.SHA256 == sha256.Sum256(o.content) {
		return objstore.Result{Existed: true}, nil
	}
	return objstore.Result{}, objstore.ErrConflict
}

func (o occupied) Get(context.Context, string) (io.ReadCloser, error) {
	var r io.Reader = bytes.NewReader(o.content)
	if o.broken != nil {
		r = io.MultiReader(bytes.NewReader(o.content[:len(o.content)/2]), failing{o.broken})
	}
	return io.NopCloser(r), nil
}

func (o occupied) Stat(context.Context, string) (objstore.Info, error) {
	return objstore.Info{}, objstore.ErrNotFound
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// packOtherwise packs as another version of us might.
func packOtherwise(t *testing.T, c layout.Compression, text string) []byte {
	var out bytes.Buffer
	var w io.WriteCloser
	var err error
	switch c {
	case layout.Zstd:
		w, err = zstd.NewWriter(&out, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	case layout.Gzip:
		w, err = gzip.NewWriterLevel(&out, gzip.BestCompression)
	default:
		return []byte(text)
	}
	require.NoError(t, err)
	_, err = w.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

func TestTheLinesDecideAboutAnExistingObject(t *testing.T) {
	var all []string
	for seq := range uint64(300) {
		all = append(all, line(seq+1, event.TierInfo, 30, noon, noon, strings.Repeat("abc ", int(seq))))
	}
	text := strings.Join(all, "")
	changed := strings.Replace(text, "abc", "abd", 1)
	reset := errors.New("connection reset")
	tests := []struct {
		name   string
		stored string
		broken error
		want   error
	}{
		{"the same lines", text, nil, nil},
		{"one byte differs", changed, nil, objstore.ErrConflict},
		{"a line is missing", strings.Join(all[:299], ""), nil, objstore.ErrConflict},
		{"a line more", text + all[0], nil, objstore.ErrConflict},
		{"empty", "", nil, objstore.ErrConflict},
		{"can't be read", text, reset, reset},
	}
	for _, c := range []layout.Compression{layout.Gzip, layout.Zstd} {
		for _, tt := range tests {
			t.Run(c.String()+"/"+tt.name, func(t *testing.T) {
				b := occupied{packOtherwise(t, c, tt.stored), tt.broken}
				objects, err := sealer(t, c, objstore.LockOff).Seal(t.Context(), segmentOf(1, all...), b)
				if tt.want != nil {
					require.ErrorIs(t, err, tt.want)
					require.Equal(t, errors.Is(tt.want, objstore.ErrConflict), errors.Is(err, objstore.ErrConflict))
					return
				}
				require.NoError(t, err)
				require.Len(t, objects, 1)
				assert.True(t, objects[0].Existed)
				assert.EqualValues(t, len(b.content), objects[0].Stored, "as it lies in the bucket")
				assert.Equal(t, sha256.Sum256(b.content), objects[0].SHA256)
			})
		}
	}
	t.Run("no object of ours", func(t *testing.T) {
		for _, c := range allKinds {
			_, err := sealer(t, c, objstore.LockOff).Seal(t.Context(), segmentOf(1, all...), occupied{content: []byte("somebody else's")})
			require.ErrorIs(t, err, objstore.ErrConflict, c)
		}
	})
}

// A crash between two puts and a start with another compression: the segment's objects stay of one kind.
func TestReplayKeepsTheCompression(t *testing.T) {
	lines := []string{line(1, event.TierInfo, 30, noon, noon, ""), line(2, event.TierCritical, 30, noon, noon, "")}
	for _, before := range allKinds {
		for _, after := range allKinds {
			b := newBucket(t)
			puts := 0
			b.fail = func(string) error {
				if puts++; puts == 2 {
					return errors.New("crash")
				}
				return nil
			}
			_, err := sealer(t, before, objstore.LockOff).Seal(t.Context(), segmentOf(1, lines...), b)
			require.Error(t, err)
			replayed := segmentOf(1, lines...)
			replayed.Replayed = true
			objects, err := sealer(t, after, objstore.LockOff).Seal(t.Context(), replayed, b)
			require.NoError(t, err)
			assert.Len(t, b.objects, 2)
			assert.True(t, objects[0].Existed)
			for _, o := range objects {
				assert.True(t, strings.HasSuffix(o.Key, before.Extension()), "%v, then %v: %s", before, after, o.Key)
			}

			fresh, err := sealer(t, after, objstore.LockOff).Seal(t.Context(), segmentOf(2, lines...), b)
			require.NoError(t, err)
			assert.True(t, strings.HasSuffix(fresh[0].Key, after.Extension()))
		}
	}
}
