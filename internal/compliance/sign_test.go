package compliance

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentaudit/agentaudit/internal/generate"
	"github.com/agentaudit/agentaudit/internal/trail"
)

func verifyKeys(r generate.Result) []ed25519.PublicKey { return []ed25519.PublicKey{r.Key} }

func keys(seed byte) (ed25519.PrivateKey, []ed25519.PublicKey) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	return key, []ed25519.PublicKey{key.Public().(ed25519.PublicKey)}
}

func TestSign(t *testing.T) {
	key, public := keys(1)
	_, stranger := keys(2)
	text := []byte("the report\n")
	points := []Checkpoint{{"writer-1", 12, strings.Repeat("ab", 32)}, {"writer-2", 1, strings.Repeat("cd", 32)}}
	signed, err := Sign(text, points, key)
	require.NoError(t, err)
	again, err := Sign(text, points, key)
	require.NoError(t, err)
	assert.Equal(t, signed, again)

	s, err := Check(text, signed, append(stranger, public...))
	require.NoError(t, err)
	assert.Equal(t, points, s.Checkpoints)

	_, err = Check([]byte("the report!\n"), signed, public)
	require.ErrorIs(t, err, ErrReport)
	_, err = Check(text, signed, stranger)
	require.ErrorIs(t, err, ErrSignature)
	_, err = Check(text, signed, nil)
	require.ErrorIs(t, err, ErrSignature)
	for i := range signed {
		bad := bytes.Clone(signed)
		bad[i] ^= 1
		_, err := Check(text, bad, public)
		require.Error(t, err, "a flipped bit of byte %d", i)
	}
}

// TestCheckpointIsNoReport: what signs checkpoints of a writer called report signs no report.
func TestCheckpointIsNoReport(t *testing.T) {
	_, err := parse("agentaudit/report\n12\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n")
	require.ErrorIs(t, err, ErrSignature)
	assert.NotEqual(t, header, trail.Origin(signer))
	for _, text := range []string{"", header + "\n", header + "\nsha256 12\n", header + "\nsha256 " + strings.Repeat("ab", 32) + "\ncheckpoint a b\n",
		header + "\nsha256 " + strings.Repeat("ab", 32) + "\ncheckpoint w -1 ab\n"} {
		_, err := parse(text)
		require.ErrorIs(t, err, ErrSignature, "%q", text)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(header + "\nsha256 " + strings.Repeat("ab", 32) + "\ncheckpoint w 1 ab\n")
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := parse(text); err == nil && s == nil {
			t.Fatal("neither a result nor an error")
		}
	})
}
