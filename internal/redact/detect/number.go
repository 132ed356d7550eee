package detect

import (
	"encoding/binary"
	"unsafe"
)

// number is a candidate: digits with single signs between them.
type number struct {
	start, end                            int
	buf                                   [maxNumber]byte
	n                                     int // digits
	groups                                int // signs between them, and by kind
	dots, dashes, blanks, slashes, parens int
	first                                 int // digits before the first sign
}

const maxNumber = 24

// minTelling is how many digits a number has at least that tells of a person, save for addresses.
const minTelling = 7

var numberSigns = charsOf("-. /)")

// scanNumbers looks at the numbers of text, and at the words of letters and digits mixed.
func (s *Set) scanNumbers(mem *Scratch, text string) {
	if len(s.personal) == 0 {
		return
	}
	for i := 0; i < len(text); {
		if i += noDigit(text[i:]); i == len(text) {
			break
		}
		i = max(i+1, s.numberAt(mem, text, i))
	}
	s.scanColons(mem, text)
}

// numberAt looks at the number or word around the digit text[at], the first of its row, and
// returns the index behind what it has dealt with.
func (s *Set) numberAt(mem *Scratch, text string, at int) int {
	if at > 0 && (alnum.has(text[at-1]) || text[at-1] == '_') {
		return s.wordAt(mem, text, at)
	}
	if end := at + len("05 61 86 B"); at >= 3 && text[at-1] == ' ' && end <= len(text) && s.personal[NationalID] != nil && (end == len(text) || !alnum.has(text[end])) && (at == 3 || !alnum.has(text[at-4])) && isNationalID(text[at-3:end], "056186") {
		mem.found = append(mem.found, Finding{at - 3, end, s.personal[NationalID]}) // AB 12 34 56 C
		return end
	}
	num := &mem.number
	*num = number{start: at}
	num.read(text)
	if end := letterAfter(text, num.end); end > num.end && s.personal[NationalID] != nil && isNationalID(text[at:end], view(num.buf[:min(num.n, maxNumber)])) && !mem.memo.inBlob(text, at, end) {
		mem.found = append(mem.found, Finding{at, end, s.personal[NationalID]})
		return end
	}
	if num.end < len(text) && (alnum.has(text[num.end]) || text[num.end] == '_') {
		return s.wordAt(mem, text, at)
	}
	kind := s.classify(mem, text, num)
	if kind == "" {
		// nothing
	} else if rule := s.personal[kind]; rule != nil && !mem.memo.inBlob(text, num.start, num.end) {
		mem.found = append(mem.found, Finding{num.start, num.end, rule})
		return num.end
	}
	// The digits may still begin within: 2 4111 1111 1111 1111.
	end := at
	for end < len(text) && isDigit(text[end]) {
		end++
	}
	return end
}

// letterAfter is the index behind the check letter of the number that ends at text[i]: 12345678Z or 12345678-Z.
func letterAfter(text string, i int) int {
	end := i
	if end < len(text) && text[end] == '-' {
		end++
	}
	if end < len(text) && text[end] >= 'A' && text[end] <= 'Z' && (end+1 == len(text) || !alnum.has(text[end+1])) {
		return end + 1
	}
	return i
}

// read takes digits as long as they come, single signs between them.
func (n *number) read(text string) {
	i := n.start
	for i < len(text) && n.n < maxNumber {
		c := text[i]
		if isDigit(c) {
			n.buf[n.n] = c
			n.n++
			i++
			continue
		}
		skip := 1
		if c == ')' && i+1 < len(text) && text[i+1] == ' ' {
			skip = 2
		}
		if !numberSigns.has(c) || i+skip >= len(text) || !isDigit(text[i+skip]) {
			break
		}
		if n.groups == 0 {
			n.first = n.n
		}
		n.groups++
		switch c {
		case '.':
			n.dots++
		case '-':
			n.dashes++
		case ' ':
			n.blanks++
		case '/':
			n.slashes++
		default:
			n.parens++
		}
		i += skip
	}
	for i < len(text) && isDigit(text[i]) {
		n.n = maxNumber + 1 // too long for anything
		i++
	}
	n.end = i
}

// classify says what kind of personal data the number is; "" for none. It may move the start.
func (s *Set) classify(mem *Scratch, text string, n *number) string {
	if n.n > maxNumber || n.n < minTelling && n.dots != 3 || n.n < 4 {
		return ""
	}
	before := byte(0)
	if n.start > 0 {
		before = text[n.start-1]
	}
	d := view(n.buf[:n.n])
	switch {
	case n.dots == 3 && n.groups == 3 && isPublicIPv4(text[n.start:n.end]) && before != '.' && before != '-' && before != '/':
		return IP
	case before == '.' || before == '/' && n.slashes > 0:
		return ""
	case n.isCard(d) && (before != '-' || n.groups > 0):
		return Card
	case before == '+' && n.n >= 8 && n.n <= 15:
		if n.start--; mem.isPhone(text[n.start:n.end], n.groups > 0) {
			return Phone
		}
		n.start++
		return ""
	}
	if isNationalID(text[n.start:n.end], d) {
		return NationalID
	}
	if n.isLocalPhone(text, d, before) {
		if before == '(' {
			n.start--
		}
		return Phone
	}
	return ""
}

// isCard says whether the digits are a payment card's: written in one piece or in groups that
// begin with four, of an issuer's range, with the check digit.
func (n *number) isCard(d string) bool {
	if n.n < 13 || n.n > 19 || n.groups > 0 && n.first != 4 || n.dashes*n.blanks != 0 || n.dots+n.slashes+n.parens > 0 {
		return false
	}
	// Longer cards exist, but so do numbers of 64 bits: one in a hundred would pass.
	return (n.n <= 16 || n.groups > 0) && hasIssuer(d) && luhn(d)
}

// issuers are the ranges of the first four digits by length of the number (ISO/IEC 7812, the networks' publications).
var issuers = []struct{ from, to, minLen, maxLen int }{
	{4000, 4999, 13, 19}, // Visa; 13, 16 and 19 digits
	{5100, 5599, 16, 16}, // Mastercard
	{2221, 2720, 16, 16}, // Mastercard
	{3400, 3499, 15, 15}, // American Express
	{3700, 3799, 15, 15}, // American Express
	{6011, 6011, 16, 19}, // Discover
	{6440, 6599, 16, 19}, // Discover
	{3000, 3059, 14, 19}, // Diners Club
	{3095, 3095, 14, 19}, // Diners Club
	{3600, 3699, 14, 19}, // Diners Club
	{3800, 3999, 14, 19}, // Diners Club
	{3528, 3589, 16, 19}, // JCB
	{6200, 6299, 16, 19}, // UnionPay
	{8100, 8171, 16, 19}, // UnionPay
	{5000, 5099, 12, 19}, // Maestro
	{5600, 5899, 12, 19}, // Maestro
	{6304, 6304, 12, 19}, // Maestro
	{6759, 6763, 12, 19}, // Maestro
	{2200, 2204, 16, 19}, // Mir
	{6060, 6069, 16, 16}, // RuPay, Hipercard
	{6521, 6522, 16, 16}, // RuPay
	{9792, 9792, 16, 16}, // Troy
}

func hasIssuer(d string) bool {
	head := int(d[0]-'0')*1000 + int(d[1]-'0')*100 + int(d[2]-'0')*10 + int(d[3]-'0')
	for _, r := range issuers {
		if head >= r.from && head <= r.to && len(d) >= r.minLen && len(d) <= r.maxLen {
			return head/1000 != 4 || len(d) == 13 || len(d) == 16 || len(d) == 19
		}
	}
	return false
}

// isLocalPhone says whether the number is written as North America writes phones: (415) 555-2671, 415-555-2671, 1-415-555-2671.
func (n *number) isLocalPhone(text, d string, before byte) bool {
	if n.n == 11 && d[0] == '1' && n.groups == 3 && n.first == 1 {
		d = d[1:]
	} else if n.n != 10 || n.groups != 2 || n.first != 3 {
		return false
	}
	if n.parens == 1 && before != '(' || n.slashes > 0 || before == '-' {
		return false
	}
	last := text[n.end-5]
	return d[0] >= '2' && d[3] >= '2' && (last == '-' || last == '.' || last == ' ')
}

// noDigit is the length of the beginning of text without a digit. It looks at eight bytes a
// step: a digit is a byte of 0x30 to 0x39, so adding 0x50 sets the high bit and adding 0x46 doesn't.
func noDigit(text string) int {
	const ones = 0x0101010101010101
	i := 0
	for ; i+8 <= len(text); i += 8 {
		w := binary.LittleEndian.Uint64(unsafe.Slice(unsafe.StringData(text[i:]), 8))
		low := w &^ (0x80 * ones)
		if (low+0x50*ones)&^(low+0x46*ones)&^w&(0x80*ones) != 0 {
			break
		}
	}
	for i < len(text) && !isDigit(text[i]) {
		i++
	}
	return i
}
