package e2e

import (
	"encoding/base64"
	"encoding/hex"
	"hash/maphash"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// pieceLen is the length of a piece of a secret that must not be left. A few of its bytes are no secret.
const pieceLen = 14

// search looks for thousands of secrets at once, in any encoding.
type search struct {
	pieces map[string]string // pieces that one secret alone has, and what it is
	short  map[string]string // secrets shorter than a piece, whole
	filter []uint64          // a bit for the first 8 bytes of each piece
}

func newSearch(texts []drawn) *search {
	s := &search{pieces: map[string]string{}, short: map[string]string{}, filter: make([]uint64, 1<<18)}
	common := map[string]bool{} // what several secrets have is their format's, not theirs
	owner := map[string]int{}
	for i, d := range texts {
		for _, secret := range d.secrets {
			if len(secret) < pieceLen {
				if len(secret) >= 8 {
					s.short[secret] = d.format + ": " + d.text
				}
				continue
			}
			for j := 0; j+pieceLen <= len(secret); j++ {
				p := secret[j : j+pieceLen]
				if first, known := owner[p]; known && first != i {
					common[p] = true
				}
				owner[p] = i
				s.pieces[p] = d.format + ": " + d.text
			}
		}
	}
	for p := range s.pieces {
		if common[p] || strings.Contains(p, "---") || strings.Count(p, p[:1]) == len(p) {
			delete(s.pieces, p)
			continue
		}
		slot, bit := filterOf(p)
		s.filter[slot] |= bit
	}
	return s
}

var searchSeed = maphash.MakeSeed()

func filterOf(p string) (slot int, bit uint64) {
	h := maphash.String(searchSeed, p[:8]) >> 40
	return int(h >> 6), 1 << (h & 63) //nolint:gosec // 24 bits
}

// absent checks that no secret is in text, and shows the first ones that are.
func (s *search) absent(t assert.TestingT, where string, text []byte) {
	shown := 0
	for what, around := range s.find(text) {
		if shown++; shown > 20 {
			return
		}
		assert.Fail(t, "a secret in "+where, "%.200s\n…%q…", what, around)
	}
}

// find returns the secrets that are in text, each with what stands around it.
func (s *search) find(text []byte) map[string]string {
	found := map[string]string{}
	for _, form := range forms(string(text)) {
		for i := 0; i+pieceLen <= len(form); i++ {
			if slot, bit := filterOf(form[i : i+8]); s.filter[slot]&bit == 0 {
				continue
			}
			if what, is := s.pieces[form[i:i+pieceLen]]; is && found[what] == "" {
				found[what] = form[max(0, i-60):min(len(form), i+60)]
			}
		}
		for _, word := range strings.FieldsFunc(form, func(r rune) bool { return strings.ContainsRune(" \"\\\n\t,;()[]{}<>=&'`", r) }) {
			if what, is := s.short[word]; is {
				found[what] = word
			}
		}
	}
	return found
}

var (
	masks    = regexp.MustCompile(`\[REDACTED:[a-z0-9_-]+\]`)
	base64s  = regexp.MustCompile(`[A-Za-z0-9+/_-]{20,}`)
	hexes    = regexp.MustCompile(`[0-9A-Fa-f]{28,}`)
	escapes  = regexp.MustCompile(`\\+u([0-9a-fA-F]{4})`)
	slashes  = regexp.MustCompile(`\\+(["/])`)
	newlines = regexp.MustCompile(`\\+[nrt]`)
)

// forms are a text as it is, and with its encodings undone: escapes of JSON, however deep, of URLs, base64 and hex.
func forms(text string) []string {
	text = masks.ReplaceAllString(text, "[]") // a rule's name may look like its secret
	plain := escapes.ReplaceAllStringFunc(text, func(e string) string {
		b, err := hex.DecodeString(e[len(e)-4:])
		if err != nil || b[0] != 0 {
			return e
		}
		return string(rune(b[1]))
	})
	plain = newlines.ReplaceAllString(slashes.ReplaceAllString(plain, "$1"), "\n")
	list := []string{text, plain}
	if strings.Contains(plain, "%") {
		list = append(list, unpercent(plain))
	}
	var decoded strings.Builder
	for _, run := range base64s.FindAllString(plain, -1) {
		run = strings.NewReplacer("-", "+", "_", "/").Replace(run)
		for shift := range 4 {
			part := run[shift:]
			b, _ := base64.RawStdEncoding.DecodeString(part[:len(part)/4*4])
			decoded.Write(b)
			decoded.WriteByte('\n')
		}
	}
	for _, run := range hexes.FindAllString(plain, -1) {
		for shift := range 2 {
			part := run[shift:]
			b, _ := hex.DecodeString(part[:len(part)/2*2])
			decoded.Write(b)
			decoded.WriteByte('\n')
		}
	}
	return append(list, decoded.String())
}

// unpercent undoes URL encoding wherever it is valid.
func unpercent(text string) string {
	var b strings.Builder
	for word := range strings.FieldsSeq(text) {
		if plain, err := url.QueryUnescape(word); err == nil {
			word = plain
		}
		b.WriteString(word)
		b.WriteByte(' ')
	}
	return b.String()
}

// complaint is a test that may fail.
type complaint bool

func (c *complaint) Errorf(string, ...any) { *c = true }

// The search finds what it is to find, in each encoding.
func TestSearchFindsSecrets(t *testing.T) {
	t.Parallel()
	const secret = `aB3/dE5"gH7+iJ9-kL1=mN`
	s := newSearch([]drawn{{format: "x", text: secret, secrets: []string{secret, "Pa55w0rd!"}}})
	for _, text := range []string{
		secret, "before" + secret[3:] + "after", quoted(quoted(secret)), url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte("ab" + secret)),
		base64.URLEncoding.EncodeToString([]byte("a" + secret)), hex.EncodeToString([]byte(secret)), `{"p":"Pa55w0rd!"}`, "\\u0061B3/dE5\\\"gH7+iJ9",
	} {
		var found complaint
		s.absent(&found, "", []byte(text))
		assert.True(t, bool(found), "%s", text)
	}
	s.absent(t, "a clean text", []byte("aB3/dE5 [REDACTED:x] Pa55w0rd"))
}
