package detect

import "strings"

// The check digits of numbers of persons, as their issuers publish them. Digits come as ASCII.

func atoi(s string) int {
	n := 0
	for i := range len(s) {
		n = n*10 + int(s[i]-'0')
	}
	return n
}

func remainder(d string, mod int) int {
	n := 0
	for i := range len(d) {
		n = (n*10 + int(d[i]-'0')) % mod
	}
	return n
}

func sameDigits(d string) bool { return strings.Trim(d, d[:1]) == "" }

func isDate(month, day string) bool {
	m, d := atoi(month), atoi(day)
	return m >= 1 && m <= 12 && d >= 1 && d <= 31
}

// weightedSum is the sum of the digits by their weights; letters from a are weights above 9.
func weightedSum(d, weights string) int {
	sum := 0
	for i := range len(weights) {
		sum += int(d[i]-'0') * int(weights[i]-'0')
	}
	return sum
}

// weighted says whether the weighted sum modulo mod is the check digit; 10 counts as 1, as Romania has it.
func weighted(d, weights string, mod int, check byte) bool {
	r := weightedSum(d, weights) % mod
	if r == 10 {
		r = 1
	}
	return r == int(check-'0')
}

func ean13(d string) bool {
	return len(d) == 13 && (10-weightedSum(d, "131313131313")%10)%10 == int(d[12]-'0')
}

func validSSN(d string) bool {
	area := atoi(d[:3])
	return area != 0 && area != 666 && area < 900 && d[3:5] != "00" && d[5:] != "0000"
}

func validCPF(d string) bool {
	if sameDigits(d) {
		return false
	}
	sum := func(n int) int {
		s := 0
		for i := range n {
			s += int(d[i]-'0') * (n + 1 - i)
		}
		return s * 10 % 11 % 10
	}
	return sum(9) == int(d[9]-'0') && sum(10) == int(d[10]-'0')
}

func validNO(d string) bool {
	return isDate(d[2:4], d[:2]) && weightedSum(d, "3761894521")%11 == 0 && weightedSum(d, "54327654321")%11 == 0
}

func validBE(d string) bool {
	check := atoi(d[9:])
	return 97-atoi(d[:9])%97 == check || 97-(2_000_000_000+atoi(d[:9]))%97 == check
}

func validPESEL(d string) bool {
	month := atoi(d[2:4]) % 20
	day := atoi(d[4:6])
	return month >= 1 && month <= 12 && day >= 1 && day <= 31 && (10-weightedSum(d, "1379137913")%10)%10 == int(d[10]-'0')
}

func validTR(d string) bool {
	if d[0] == '0' {
		return false
	}
	odd, even := 0, 0
	for i := range 9 {
		if i%2 == 0 {
			odd += int(d[i] - '0')
		} else {
			even += int(d[i] - '0')
		}
	}
	ten := ((odd*7-even)%10 + 10) % 10
	return ten == int(d[9]-'0') && (odd+even+ten)%10 == int(d[10]-'0')
}

// validSteuerID is ISO 7064 MOD 11,10.
func validSteuerID(d string) bool {
	if d[0] == '0' {
		return false
	}
	product := 10
	for i := range 10 {
		sum := (int(d[i]-'0') + product) % 10
		if sum == 0 {
			sum = 10
		}
		product = sum * 2 % 11
	}
	return (11-product)%10 == int(d[10]-'0')
}

func validNIR(d string) bool {
	month := atoi(d[3:5])
	return (d[0] == '1' || d[0] == '2') && (month >= 1 && month <= 12 || month >= 20) && 97-remainder(d[:13], 97) == atoi(d[13:])
}

func validCN(s string) bool {
	if !isDate(s[10:12], s[12:14]) || s[6:8] != "19" && s[6:8] != "20" {
		return false
	}
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += int(s[i]-'0') * w
	}
	return s[17] == "10X98765432"[sum%11]
}

var verhoeffMul = [10]string{"0123456789", "1234067895", "2340178956", "3401289567", "4012395678", "5987604321", "6598710432", "7659821043", "8765932104", "9876543210"}
var verhoeffPerm = [8]string{"0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258"}

func verhoeff(d string) bool {
	c := 0
	for i := range len(d) {
		p := verhoeffPerm[i%8][d[len(d)-1-i]-'0'] - '0'
		c = int(verhoeffMul[c][p] - '0')
	}
	return c == 0
}

func validTH(d string) bool {
	sum := 0
	for i := range 12 {
		sum += int(d[i]-'0') * (13 - i)
	}
	return (11-sum%11)%10 == int(d[12]-'0')
}

func validNHS(d string) bool {
	sum := 0
	for i := range 9 {
		sum += int(d[i]-'0') * (10 - i)
	}
	check := (11 - sum%11) % 11
	return check != 10 && check == int(d[9]-'0') && !sameDigits(d)
}

// validNINO: no check digit, but letters that are not given out (HMRC NIM39110).
func validNINO(s string) bool {
	return len(s) == 9 && strings.IndexByte("DFIQUV", s[0]) < 0 && strings.IndexByte("DFIOQUV", s[1]) < 0 && s[8] >= 'A' && s[8] <= 'D' &&
		!hasAny(s, "BG", "GB", "KN", "NK", "NT", "TN", "ZZ")
}

const (
	dniLetters  = "TRWAGMYFPDXBNJZSQVHLCKE"
	hetuLetters = "0123456789ABCDEFHJKLMNPRSTUVWXY"
)

func validNIE(s string) bool {
	x := strings.IndexByte("XYZ", s[0])
	return x >= 0 && s[8] == dniLetters[(x*10_000_000+atoi(s[1:8]))%23]
}

// validNRIC is Singapore's.
func validNRIC(s string) bool {
	sum := weightedSum(s[1:8], "2765432")
	if s[0] == 'T' || s[0] == 'G' {
		sum += 4
	}
	switch s[0] {
	case 'S', 'T':
		return s[8] == "JZIHGFEDCBA"[sum%11]
	case 'F', 'G':
		return s[8] == "XWUTRQPNMLK"[sum%11]
	}
	return false
}

func validCodiceFiscale(s string) bool {
	const odd = "BAKPLCQDREVOSFTGUHMINJWZYX" // the letter that a value stands for, by rank
	sum := 0
	for i := range 15 {
		v := int(s[i] - 'A')
		if isDigit(s[i]) {
			v = int(s[i] - '0')
		}
		if i%2 == 0 {
			v = strings.IndexByte(odd, byte('A'+v))
		}
		sum += v
	}
	return s[15] == byte('A'+sum%26)
}

func validRUT(d string, check byte) bool {
	sum := weightedSum(d, "32765432")
	return check == "0K987654321"[sum%11]
}

func validTW(s string) bool {
	if s[1] != '1' && s[1] != '2' && s[1] != '8' && s[1] != '9' {
		return false
	}
	v := 10 + strings.IndexByte("ABCDEFGHJKLMNPQRSTUVXYWZIO", s[0])
	sum := v/10 + v%10*9 + weightedSum(s[1:9], "87654321") + int(s[9]-'0')
	return sum%10 == 0
}

// ibanLengths are the lengths by country (the SWIFT IBAN registry).
var ibanLengths = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27,
	"DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HN": 28, "HR": 21, "HU": 28,
	"IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22,
	"MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24,
	"SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}

// ibanAt says whether an IBAN begins at text[i], in one piece or in groups of four, and where it ends.
func ibanAt(text string, i int) (int, bool) {
	if i+15 > len(text) || !isDigit(text[i+2]) || !isDigit(text[i+3]) {
		return 0, false
	}
	want, ok := ibanLengths[strings.ToUpper(text[i:i+2])]
	if !ok {
		return 0, false
	}
	var c [34]byte
	n := 0
	for n < want && i < len(text) {
		b := text[i]
		switch {
		case alnum.has(b):
			if b >= 'a' {
				b &^= 0x20
			}
			c[n] = b
			n++
		case (b == ' ' || b == '-') && n%4 == 0:
		default:
			return 0, false
		}
		i++
	}
	if n < want || i < len(text) && alnum.has(text[i]) {
		return 0, false
	}
	r := 0
	for k := range want {
		b := c[(k+4)%want]
		if isDigit(b) {
			r = (r*10 + int(b-'0')) % 97
		} else {
			r = (r*100 + int(b-'A') + 10) % 97
		}
	}
	return i, r == 1
}
