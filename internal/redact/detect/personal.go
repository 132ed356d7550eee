package detect

import "strings"

// Kinds are the kinds of personal data; the id of each kind's rule is its name.
var Kinds = []string{Email, Phone, Card, IBAN, NationalID, IP, MAC, BirthDate, Document}

// The kinds of personal data.
const (
	Email      = "email"
	Phone      = "phone"
	Card       = "card"        // payment cards: ISO/IEC 7812 issuer ranges and check digit
	IBAN       = "iban"        // ISO 13616: length by country, mod 97
	NationalID = "national_id" // numbers of persons with a check digit or a form of their own
	IP         = "ip"          // public addresses; private and loopback ones name no person
	MAC        = "mac"
	BirthDate  = "birth_date" // beside a telling word
	Document   = "document"   // passports and driving licences beside a telling word
)

// personalFormats are the kinds that have an anchor; number.go has the others.
var personalFormats = []format{
	{id: Email, anchors: "@", inner: true, check: email, source: "RFC 5321", example: emailExample},
	{id: Phone, anchors: "phone mobile tel: tel. tel␣ fax cell: cell␣ whatsapp telefon msisdn handy: call␣me␣at", fold: true, inner: true, check: labelledNumber(7, 15), source: "ITU-T E.164", example: labelledPhoneExample},
	{id: NationalID, anchors: `ssn social␣security social_security national␣id national_id nationalid national␣insurance nino nhs bsn burgerservice steuer tax␣id tax_id taxid
		tfn tax␣file social␣insurance pesel personnummer fodselsnummer cpr aadhaar aadhar cpf codice␣fiscale curp tckn resident␣id identity␣card id␣card personalausweis nif: nif␣
		nie: dni rut: my␣number my_number citizen␣id citizen_id government␣id government_id patient_id patient␣id medicare mrn`, fold: true, inner: true, check: labelledNumber(6, 20), source: "their issuers", example: labelledIDExample},
	{id: Document, anchors: "passport driver's␣lic driver␣lic drivers␣lic driver_lic drivers_lic driverslic driverlic driving␣lic driving_lic drivinglic license␣no license␣number licence␣no licence␣number license_number licence_number reisepass fuhrerschein führerschein", fold: true, inner: true,
		check: labelledNumber(6, 20), source: "ICAO 9303", example: documentExample},
	{id: BirthDate, anchors: "date␣of␣birth date_of_birth dateofbirth date-of-birth dob d.o.b birth␣date birth_date birthdate birthday born␣on born: geburtsdatum geboren␣am date␣de␣naissance", fold: true, inner: true,
		check: birthDate, source: "ISO 8601 and common forms", example: birthExample},
}

var (
	localPart = charsOf("0-9A-Za-z.!#$%&*+/=?^_{|}~\\-")
	hostPart  = charsOf("0-9A-Za-z.\\-")
)

// email is at "@".
func email(m *match) bool {
	start, end := m.at, m.to
	for start > 0 && m.at-start < 64 && (localPart.has(m.text[start-1]) || m.text[start-1] >= 0x80) {
		start--
	}
	for start < m.at && strings.IndexByte("./=#&?{|!$%*+-~^", m.text[start]) >= 0 {
		start++
	}
	// What stands before a sign of assignment or a path is no part of the address.
	if i := strings.LastIndexAny(m.text[start:m.at], "=/?&|"); i >= 0 {
		start += i + 1
	}
	for end < len(m.text) && end-m.to < 253 && (hostPart.has(m.text[end]) || m.text[end] >= 0x80) {
		end++
	}
	for end > m.to && (m.text[end-1] == '.' || m.text[end-1] == '-') {
		end--
	}
	dot := strings.LastIndexByte(m.text[m.to:end], '.')
	if start == m.at || dot < 1 || end-(m.to+dot+1) < 2 {
		return false
	}
	for i := m.to + dot + 1; i < end; i++ {
		if !isLetter(m.text[i]) && m.text[i] < 0x80 {
			return false
		}
	}
	m.start, m.end = start, end
	return !isGitHost(m.text[start:m.at], m.text[end:])
}

// isGitHost says whether git@github.com:owner/name is an address of no person.
func isGitHost(user, rest string) bool { return user == "git" && strings.HasPrefix(rest, ":") }

// labelledNumber takes a number of min to max digits and letters that stands behind the label.
func labelledNumber(minDigits, maxLen int) check {
	return func(m *match) bool {
		i, ok := behindLabel(m.text, m.to)
		if !ok || m.insideWord() {
			return false
		}
		start, count, chars := i, 0, 0
		end := i
		for i < len(m.text) && i-start < 40 && chars < maxLen {
			c := m.text[i]
			switch {
			case isDigit(c):
				count++
				chars++
				end = i + 1
			case c >= 'A' && c <= 'Z' && m.to > 0:
				chars++
				end = i + 1
			case strings.IndexByte("+( ).-/", c) >= 0:
			default:
				i = len(m.text)
				continue
			}
			i++
		}
		m.start, m.end = start, end
		return !m.touches() && count >= minDigits-2 && chars >= minDigits && (end == len(m.text) || !isLetter(m.text[end]))
	}
}

// insideWord says whether the label begins inside a word: customerSsn is one, classNhs in base64 is none.
func (m *match) insideWord() bool {
	if m.at == 0 || !alnum.has(m.text[m.at-1]) {
		return false
	}
	before, first, rest := m.text[m.at-1], m.text[m.at], m.text[m.at+1:m.to]
	return before < 'a' || first < 'A' || first > 'Z' || strings.ToLower(rest) != rest
}

// touches says whether label and number are one word of base64, as dOB2494638Czx is in a picture.
func (m *match) touches() bool {
	return m.start == m.to && (m.end < len(m.text) && isLetter(m.text[m.end]) || m.memo.inBlob(m.text, m.at, m.end))
}

// labelWords may stand between a label and its value.
var labelWords = map[string]bool{"number": true, "no": true, "nr": true, "num": true, "is": true, "was": true, "id": true, "card": true, "my": true, "code": true, "on": true, "am": true, "ist": true, "of": true, "birth": true, "license": true, "licence": true, "the": true, "ense": true, "ence": true, "ense_number": true, "security": true, "insurance": true, "at": true, "identity": true, "s": true, "value": true, "us": true, "_number": true, "_no": true, "_id": true, "fiscal": true, "file": true}

// behindLabel is where the value begins whose label ends at text[i]: behind blanks, signs and a few words.
func behindLabel(text string, i int) (int, bool) {
	limit, from := min(len(text), i+48), i
	for i < limit {
		switch c := text[i]; {
		case isDigit(c) || c == '+':
			return i, true
		case isLetter(c) || c == '_':
			end := i
			for end < limit && (isLetter(text[end]) || text[end] == '_') {
				end++
			}
			word := strings.ToLower(text[i:end])
			if i == from && !labelWords[word] && !labelWords[strings.Trim(word, "_")] && !strings.HasPrefix(word, "ense") && !strings.HasPrefix(word, "ence") {
				return i, false // the label is a piece of a longer word
			}
			if end < limit && isDigit(text[end]) {
				return i, true
			}
			if !labelWords[word] && !labelWords[strings.Trim(word, "_")] && !strings.HasPrefix(word, "ense") && !strings.HasPrefix(word, "ence") {
				return i, c >= 'A' && c <= 'Z' && end-i <= 9
			}
			i = end
		case strings.IndexByte(" \t:=#.\"'-(*_|>,`\\", c) >= 0:
			i++
		default:
			return i, false
		}
	}
	return i, false
}

var months = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "mai", "okt", "dez", "mär"}

// birthDate takes a date behind the label: digits with signs between them, or with the name of a month.
func birthDate(m *match) bool {
	i, _ := behindLabel(m.text, m.to)
	if i >= len(m.text) || m.insideWord() {
		return false
	}
	start, end, count, month := i, i, 0, false
	for i < len(m.text) && i-start < 24 {
		c := m.text[i]
		switch {
		case isDigit(c):
			count++
			end = i + 1
		case strings.IndexByte("-/., ", c) >= 0:
		case isMonth(m.text[i:]):
			month = true
			for i < len(m.text) && (isLetter(m.text[i]) || m.text[i] >= 0x80) {
				i++
			}
			end = i
			continue
		case hasAny(m.text[i:], "st", "nd", "rd", "th") && count > 0:
			i++
		default:
			i = len(m.text)
			continue
		}
		i++
	}
	m.start, m.end = start, end
	return end > start && !m.touches() && (count >= 6 && count <= 8 || month && count >= 3 && count <= 6)
}

func isMonth(s string) bool {
	for _, name := range months {
		if hasFold(s, name) {
			return true
		}
	}
	return false
}
