package detect

import "github.com/nyaruka/phonenumbers"

// maxPhones bounds the numbers of one text that are looked up in the numbering plan, which is far
// slower than the rest. What comes after it is taken for a phone by its form.
const maxPhones = 64

// isPhone says whether s, which begins with +, is a number of the plan (ITU-T E.164); written in groups, one
// of possible length is enough.
func (mem *Scratch) isPhone(s string, grouped bool) bool {
	if mem.phones++; mem.phones > maxPhones {
		return true
	}
	n, err := phonenumbers.Parse(s, "")
	if err != nil {
		return false
	}
	return phonenumbers.IsValidNumber(n) || grouped && phonenumbers.IsPossibleNumber(n)
}
