package detect

import (
	"net/netip"
	"strings"
)

// isPublicIPv4 says whether s is the address of a machine on the Internet. Four small
// numbers are a version.
func isPublicIPv4(s string) bool {
	a, err := netip.ParseAddr(s)
	if err != nil || !isPublic(a) {
		return false
	}
	b := a.As4()
	return b[0] >= 10 || b[1] >= 10 || b[2] >= 10 || b[3] >= 10
}

func isPublic(a netip.Addr) bool {
	return a.IsValid() && !a.IsPrivate() && !a.IsLoopback() && !a.IsUnspecified() && !a.IsMulticast() && !a.IsLinkLocalUnicast() && (!a.Is4() || a.As4()[0] != 0 && a.As4()[0] < 224)
}

// scanColons looks for what has colons: MAC and IPv6 addresses.
func (s *Set) scanColons(mem *Scratch, text string) {
	mac, ip := s.personal[MAC], s.personal[IP]
	for i := 2; i < len(text); i++ {
		n := strings.IndexByte(text[i:], ':')
		if n < 0 {
			return
		}
		i += n
		if !hexDigits.has(text[i-1]) && text[i-1] != ':' {
			continue
		}
		start := i
		for start > 0 && i-start < 5 && hexDigits.has(text[start-1]) {
			start--
		}
		label := start > 0 && alnum.has(text[start-1]) // as in trade:01:23:45:67:89:ab
		if label {
			start = i + 1
		}
		end := i
		for end < len(text) && end-start < 46 && (hexDigits.has(text[end]) || text[end] == ':' || text[end] == '.' && strings.Count(text[start:end], ":") > 1) {
			end++
		}
		for end > start && (text[end-1] == '.' || text[end-1] == ':' && !strings.HasSuffix(text[start:end], "::")) {
			end--
		}
		i = max(i, end-1)
		if !label && !beginsAddress(text, start) || end < len(text) && alnum.has(text[end]) {
			continue
		}
		word := text[start:end]
		switch {
		case mac != nil && isMAC(word):
			mem.found = append(mem.found, Finding{start, end, mac})
		case ip != nil && len(word) >= 8 && strings.Count(word, ":") >= 2:
			if a, err := netip.ParseAddr(word); err == nil && isPublic(a) {
				mem.found = append(mem.found, Finding{start, end, ip})
			} else if err != nil && mac != nil && isLabelledMAC(word) {
				mem.found = append(mem.found, Finding{end - macLen, end, mac})
			}
		case mac != nil && isLabelledMAC(word):
			mem.found = append(mem.found, Finding{end - macLen, end, mac})
		}
	}
}

const macLen = len("01:23:45:67:89:ab")

// isLabelledMAC says whether s is a label of hexadecimal digits, a colon and a MAC address: abc:01:23:45:67:89:ab. Pairs alone
// are one only if they are seven: more are a fingerprint.
func isLabelledMAC(s string) bool {
	n := len(s) - macLen
	if n < 2 || s[n-1] != ':' || !isMAC(s[n:]) {
		return false
	}
	label := s[:n-1]
	return strings.IndexByte(label, ':') < 0 || len(label)-1-strings.LastIndexByte(label, ':') != 2
}

// beginsAddress says whether an address may begin at text[i]: at the beginning of a word, or behind a label and a colon.
func beginsAddress(text string, i int) bool {
	if i == 0 {
		return true
	}
	if text[i-1] == ':' {
		return i > 1 && text[i-2] != ':' && !hexDigits.has(text[i-2])
	}
	return !alnum.has(text[i-1])
}

// isMAC wants six pairs of hexadecimal digits that are not all alike.
func isMAC(s string) bool {
	if len(s) != macLen || strings.Trim(s, "0:") == "" || strings.Trim(s, "fF:") == "" {
		return false
	}
	for i := range s {
		if (i%3 == 2) != (s[i] == ':' || s[i] == '-') || i%3 != 2 && !hexDigits.has(s[i]) {
			return false
		}
	}
	return true
}
