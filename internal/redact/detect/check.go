package detect

import (
	"hash/crc32"
	"math"
	"strings"
)

// match is a candidate: the anchor lies at text[at:to], and the row's patterns
// around it reach from start to end. A check may refuse it or move the borders; in the end start and
// end say what is to be replaced.
type match struct {
	text       string
	memo       *memo
	at, to     int
	start, end int
}

// check says whether a candidate is real.
type check func(*match) bool

// all is the checks in a row.
func all(checks ...check) check {
	return func(m *match) bool {
		for _, c := range checks {
			if !c(m) {
				return false
			}
		}
		return true
	}
}

// body is what follows the anchor.
func (m *match) body() string { return m.text[m.to:m.end] }

// bodyOnly leaves the anchor, and what stands before it, in place.
func bodyOnly(m *match) bool {
	m.start = m.to
	return true
}

// entropyOf refuses a body that is less random than bits per byte.
func entropyOf(bits float64) check {
	return func(m *match) bool { return entropy(m.body()) >= bits }
}

// entropy is Shannon's, in bits a byte, over the first 256 bytes.
func entropy(s string) float64 {
	if len(s) > 256 {
		s = s[:256]
	}
	if s == "" {
		return 0
	}
	var count [256]uint16
	for i := range len(s) {
		count[s[i]]++
	}
	sum := 0.0
	for i := range len(s) {
		sum += timesLog[count[s[i]]]
		count[s[i]] = 0
	}
	return (timesLog[len(s)] - sum) / float64(len(s))
}

// timesLog is n times the logarithm of n.
var timesLog = func() (list [257]float64) {
	for n := 2; n < len(list); n++ {
		list[n] = float64(n) * math.Log2(float64(n))
	}
	return list
}()

// minDistinct is how many different bytes a long secret has at least: what has fewer is a
// placeholder such as ghp_xxxxxxxx.
const minDistinct = 5

// varied says whether s is no placeholder of a few bytes repeated.
func varied(s string) bool {
	if len(s) < 12 {
		return true
	}
	var seen charset
	n := 0
	for i := range min(len(s), 64) {
		if !seen.has(s[i]) {
			seen.add(s[i])
			n++
		}
	}
	return n >= minDistinct
}

// mixed says whether s has letters and digits both, as random text does and words don't.
func mixed(s string) bool {
	letters, numbers := 0, 0
	for i := range min(len(s), 256) {
		if kind := kindOf[s[i]]; kind == digitKind {
			numbers++
		} else if kind != 0 {
			letters++
		}
		if letters >= 2 && numbers >= 2 {
			return true
		}
	}
	return false
}

// mixedBody refuses a body that is a word: one without a digit, in one case.
func mixedBody(m *match) bool {
	kinds := kindsIn(m.body())
	return kinds&(kinds-1) != 0
}

// The kinds of a byte.
const (
	lowerCase = 1 << iota
	upperCase
	digitKind
)

var kindOf = func() (kinds [256]uint8) {
	for c := range kinds {
		switch b := byte(c); {
		case isDigit(b):
			kinds[c] = digitKind
		case b >= 'a' && b <= 'z':
			kinds[c] = lowerCase
		case b >= 'A' && b <= 'Z':
			kinds[c] = upperCase
		}
	}
	return kinds
}()

// kindsIn is the kinds of the bytes of s.
func kindsIn(s string) (kinds uint8) {
	for i := range len(s) {
		kinds |= kindOf[s[i]]
	}
	return kinds
}

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// checksum62 is the CRC-32 of s as six digits of base 62, as GitHub and npm end their tokens
// (github.blog, "Behind GitHub's new authentication token formats", 2021).
func checksum62(s string) string {
	sum := crc32.ChecksumIEEE([]byte(s))
	var out [6]byte
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = base62[sum%62]
		sum /= 62
	}
	return string(out[:])
}

// luhn says whether the check digit of ISO/IEC 7812-1 fits; digits alone, not all the same.
func luhn(s string) bool {
	sum, same := 0, true
	for i := range len(s) {
		v := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
		same = same && s[i] == s[0]
	}
	return sum%10 == 0 && !same
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// hasFold says whether s begins with prefix, which is in lower case, in either case.
func hasFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
