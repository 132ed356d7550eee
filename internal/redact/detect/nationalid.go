package detect

import "strings"

// nationalID is a number of persons that its form, and where there is one its check digit, gives away
// without a word beside it. shape has d for a digit, L for a capital, other bytes as they are.
type nationalID struct {
	country string
	shape   string
	valid   func(s, digits string) bool
}

var nationalIDs = []nationalID{
	{"US", "ddd-dd-dddd", func(_, d string) bool { return validSSN(d) }},
	{"CH", "ddd.dddd.dddd.dd", func(_, d string) bool { return d[:3] == "756" && ean13(d) }},
	{"CH", "ddddddddddddd", func(_, d string) bool { return d[:3] == "756" && ean13(d) }},
	{"BR", "ddd.ddd.ddd-dd", func(_, d string) bool { return validCPF(d) }},
	{"BR", "ddddddddddd", func(_, d string) bool { return validCPF(d) && !sameDigits(d) }},
	{"SE", "dddddd-dddd", func(_, d string) bool { return luhn(d) && isDate(d[2:4], d[4:6]) || isDate(d[2:4], d[0:2]) }},
	{"SE", "dddddddd-dddd", func(_, d string) bool { return luhn(d[2:]) && isDate(d[4:6], d[6:8]) }},
	{"NO", "ddddddddddd", func(_, d string) bool { return validNO(d) }},
	{"NO", "dddddd ddddd", func(_, d string) bool { return validNO(d) }},
	{"BE", "dd.dd.dd-ddd.dd", func(_, d string) bool { return validBE(d) }},
	{"BE", "ddddddddddd", func(_, d string) bool { return validBE(d) && isDate(d[2:4], d[4:6]) }},
	{"PL", "ddddddddddd", func(_, d string) bool { return validPESEL(d) }},
	{"TR", "ddddddddddd", func(_, d string) bool { return validTR(d) }},
	{"DE", "dd ddd ddd ddd", func(_, d string) bool { return validSteuerID(d) }},
	{"FR", "ddddddddddddddd", func(_, d string) bool { return validNIR(d) }},
	{"FR", "d dd dd dd ddd ddd dd", func(_, d string) bool { return validNIR(d) }},
	{"CN", "dddddddddddddddddd", func(s, _ string) bool { return validCN(s) }},
	{"CN", "dddddddddddddddddL", func(s, _ string) bool { return validCN(s) }},
	{"KR", "dddddd-ddddddd", func(_, d string) bool { return isDate(d[2:4], d[4:6]) && d[6] >= '1' && d[6] <= '8' }},
	{"IN", "dddd dddd dddd", func(_, d string) bool { return d[0] >= '2' && verhoeff(d) }},
	{"IN", "dddddddddddd", func(_, d string) bool { return d[0] >= '2' && verhoeff(d) && !strings.HasPrefix(d, "20") }},
	{"IN", "LLLLLddddL", func(s, _ string) bool { return strings.IndexByte("ABCFGHJLPT", s[3]) >= 0 }},
	{"CA", "ddd-ddd-ddd", func(_, d string) bool { return luhn(d) }},
	{"CA", "ddd ddd ddd", func(_, d string) bool { return luhn(d) && d[0] != '0' && d[0] != '8' }},
	{"ZA", "ddddddddddddd", func(_, d string) bool { return isDate(d[2:4], d[4:6]) && d[10] <= '1' && luhn(d) }},
	{"RO", "ddddddddddddd", func(_, d string) bool { return isDate(d[3:5], d[5:7]) && weighted(d[:12], "279146358279", 11, d[12]) }},
	{"TH", "d-dddd-ddddd-dd-d", func(_, d string) bool { return validTH(d) }},
	{"CZ", "dddddd/dddd", func(_, d string) bool { return remainder(d, 11) == 0 }},
	{"GB", "ddd ddd dddd", func(_, d string) bool { return validNHS(d) }},
	{"GB", "LLddddddL", func(s, _ string) bool { return validNINO(s) }},
	{"GB", "LL dd dd dd L", func(s, _ string) bool { return validNINO(strings.ReplaceAll(s, " ", "")) }},
	{"ES", "ddddddddL", func(s, d string) bool { return s[8] == dniLetters[remainder(d, 23)] }},
	{"ES", "dddddddd-L", func(s, d string) bool { return s[9] == dniLetters[remainder(d, 23)] }},
	{"ES", "LdddddddL", func(s, _ string) bool { return validNIE(s) || validNRIC(s) }},
	{"IT", "LLLLLLddLddLdddL", func(s, _ string) bool { return validCodiceFiscale(s) }},
	{"MX", "LLLLddddddLLLLLLdd", func(s, d string) bool { return isDate(d[2:4], d[4:6]) && (s[10] == 'H' || s[10] == 'M') }},
	{"MX", "LLLLddddddLLLLLLLd", func(s, d string) bool { return isDate(d[2:4], d[4:6]) && (s[10] == 'H' || s[10] == 'M') }},
	{"FI", "dddddd-dddL", func(s, d string) bool { return isDate(d[2:4], d[:2]) && s[10] == hetuLetters[remainder(d, 31)] }},
	{"FI", "ddddddLdddL", func(s, d string) bool { return isDate(d[2:4], d[:2]) && s[10] == hetuLetters[remainder(d, 31)] }},
	{"FI", "dddddd-dddd", func(s, d string) bool { return isDate(d[2:4], d[:2]) && s[10] == hetuLetters[remainder(d[:9], 31)] }},
	{"CL", "dd.ddd.ddd-d", func(s, d string) bool { return validRUT(d[:8], s[11]) }},
	{"CL", "dd.ddd.ddd-L", func(s, d string) bool { return validRUT(d, s[11]) }},
	{"TW", "Lddddddddd", func(s, _ string) bool { return validTW(s) }},
}

// byShape are the rows of nationalIDs.
var byShape = func() map[string][]*nationalID {
	m := map[string][]*nationalID{}
	for i := range nationalIDs {
		id := &nationalIDs[i]
		m[id.shape] = append(m[id.shape], id)
	}
	return m
}()

// maxShape is the length of the longest shape.
const maxShape = 21

// isNationalID says whether s, whose digits are given, is the number of a person.
func isNationalID(s, digits string) bool {
	if len(s) > maxShape || len(digits) < 4 {
		return false
	}
	var buf [maxShape]byte
	for i := range len(s) {
		c := s[i]
		switch {
		case isDigit(c):
			c = 'd'
		case c >= 'A' && c <= 'Z':
			c = 'L'
		case isLetter(c):
			return false
		}
		buf[i] = c
	}
	for _, id := range byShape[string(buf[:len(s)])] {
		if id.valid(s, digits) {
			return true
		}
	}
	return false
}

// wordAt looks at the word of letters and digits around text[at]: an IBAN or a number of a person.
func (s *Set) wordAt(mem *Scratch, text string, at int) int {
	start, end := at, at
	for start > 0 && at-start < 34 && (alnum.has(text[start-1]) || text[start-1] == '_') {
		start--
	}
	for end < len(text) && end-start < 40 && (alnum.has(text[end]) || text[end] == '_') {
		end++
	}
	if start > 0 && alnum.has(text[start-1]) {
		return end // longer than anything
	}
	if rule := s.personal[IBAN]; rule != nil {
		if stop, ok := ibanAt(text, start); ok && !mem.memo.inBlob(text, start, stop) {
			mem.found = append(mem.found, Finding{start, stop, rule})
			return stop
		}
	}
	rule := s.personal[NationalID]
	if rule == nil {
		return end
	}
	if end+1 < len(text) && text[end] == '-' && end-start == 8 && text[end+1] >= 'A' && text[end+1] <= 'Z' {
		end += 2
	}
	var digits [maxShape]byte
	n := 0
	for i := start; i < end && n < maxShape; i++ {
		if isDigit(text[i]) {
			digits[n] = text[i]
			n++
		}
	}
	if (end == len(text) || !alnum.has(text[end])) && !mem.memo.inBlob(text, start, end) && isNationalID(text[start:end], string(digits[:n])) {
		mem.found = append(mem.found, Finding{start, end, rule})
	}
	for end < len(text) && alnum.has(text[end]) {
		end++
	}
	return max(at+1, end)
}
