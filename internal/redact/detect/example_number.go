package detect

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// numberFormats are the kinds that have no anchor, for those who measure: number.go finds them.
var numberFormats = []format{
	{id: Card, source: "ISO/IEC 7812", example: cardExample},
	{id: IBAN, source: "ISO 13616", example: ibanExample},
	{id: Phone, source: "ITU-T E.164", example: phoneExample},
	{id: NationalID, source: "their issuers", example: nationalIDExample},
	{id: IP, source: "RFC 791, RFC 4291", example: ipExample},
	{id: MAC, source: "IEEE 802", example: macExample},
}

func cardExample(rng *rand.Rand) string {
	for {
		d := pick(rng, "4", "51", "55", "2221", "34", "37", "6011", "3528", "62")
		n := 16
		if d == "34" || d == "37" {
			n = 15
		}
		d += draw(rng, "0-9", n-len(d)-1)
		for check := byte('0'); check <= '9'; check++ {
			if full := d + string(check); luhn(full) && hasIssuer(full) {
				if n == 16 && rng.IntN(2) == 0 {
					sign := pick(rng, " ", "-")
					return full[:4] + sign + full[4:8] + sign + full[8:12] + sign + full[12:]
				}
				return full
			}
		}
	}
}

func ibanExample(rng *rand.Rand) string {
	countries := slices.Sorted(maps.Keys(ibanLengths))
	country := countries[rng.IntN(len(countries))]
	body := draw(rng, "0-9", ibanLengths[country]-4)
	for check := range 100 {
		text := fmt.Sprintf("%s%02d%s", country, check, body)
		if _, ok := ibanAt(text, 0); !ok {
			continue
		}
		if rng.IntN(2) == 0 {
			return text
		}
		var groups []string
		for g := range slices.Chunk([]byte(text), 4) {
			groups = append(groups, string(g))
		}
		return strings.Join(groups, " ")
	}
	return ibanExample(rng)
}

func phoneExample(rng *rand.Rand) string {
	switch rng.IntN(4) {
	case 0:
		return "+1 " + pick(rng, "415", "212", "312") + " " + draw(rng, "2-9", 3) + " " + draw(rng, "0-9", 4)
	case 1:
		return "+4915" + pick(rng, "11", "20", "75") + draw(rng, "0-9", 7)
	case 2:
		return "+44 7" + pick(rng, "400", "700", "911") + " " + draw(rng, "0-9", 6)
	}
	return "(" + pick(rng, "415", "212", "312") + ") " + draw(rng, "2-9", 3) + "-" + draw(rng, "0-9", 4)
}

// nationalIDExample draws a shape and fills it until its check fits.
func nationalIDExample(rng *rand.Rand) string {
	for {
		id := &nationalIDs[rng.IntN(len(nationalIDs))]
		for range 5000 {
			text, digits := []byte(id.shape), []byte(nil)
			for i, c := range text {
				switch c {
				case 'd':
					text[i] = '0' + byte(rng.IntN(10))
					digits = append(digits, text[i])
				case 'L':
					text[i] = 'A' + byte(rng.IntN(26))
				}
			}
			if id.valid(string(text), string(digits)) {
				return string(text)
			}
		}
	}
}

func ipExample(rng *rand.Rand) string {
	if rng.IntN(4) == 0 {
		return "2a02:" + draw(rng, "1-9a-f", 4) + ":" + draw(rng, "1-9a-f", 3) + "::" + draw(rng, "1-9a-f", 2)
	}
	return fmt.Sprintf("%d.%d.%d.%d", 11+rng.IntN(89), rng.IntN(256), rng.IntN(256), 1+rng.IntN(254))
}

func macExample(rng *rand.Rand) string {
	var groups []string
	for range 6 {
		groups = append(groups, draw(rng, "0-9a-f", 2))
	}
	return strings.Join(groups, ":")
}
