package detect

import "strings"

// rarePairs are the letters that hardly ever follow a letter inside a word: each of these pairs makes less than one in
// 2,500 of the pairs in the 16,000 commonest words of technical English and code. Of random pairs they are half, of
// pairs in text one in seventy.
const rarePairs = `a:hjoqz b:ghjkmnpqtvwxz c:jqwxz d:ghjkqtvz e:jkz f:ghjkqvwxz g:bdfjkmqtvwxyz h:bcfghjkmnpqvwxyz i:hijkquwy j:bcdefghijklmnopqrstuvwxyz
	k:bcdfhjklmnopqrtuvwxyz l:bhjkmqrvwxz m:fghjknqrvwxz n:hjqwxyz o:hjqxyz p:bjmnqvwxz q:abcdefghijklmnopqrstvwxyz r:hjqxz s:bjqvxz t:gjkqvwz
	u:hjkoquvwxyz v:bcdghjklnpqrtuvwxyz w:bcdfgjklmpqtuvwxyz x:ghjklmnoqrsuvwxyz y:abcdefghjkloqruvwxyz z:bcdfghjklmnopqrstuvwxyz`

// isRare has the bit of b set in the row of a for each pair ab of rarePairs.
var isRare = func() (rows [26]uint32) {
	for _, f := range strings.Fields(rarePairs) {
		for _, b := range f[2:] {
			rows[f[0]-'a'] |= 1 << (b - 'a')
		}
	}
	return rows
}()

// countRare counts the pairs of letters of s, and the rare ones among them. A capital goes with what follows it
// only, as a word of camel case begins with it.
func countRare(s string) (pairs, rare int) {
	if len(s) > 64 {
		s = s[:64]
	}
	second := uint8(lowerCase)
	if kindsIn(s)&lowerCase == 0 {
		second = upperCase
	}
	last := byte(0)
	for i := range len(s) {
		c := s[i]
		if kindOf[c]&second != 0 && kindOf[last]&(lowerCase|upperCase) != 0 {
			pairs++
			rare += int(isRare[last|0x20-'a'] >> (c | 0x20 - 'a') & 1)
		}
		last = c
	}
	return pairs, rare
}

// isGibberish says whether the letters of s are drawn by lot rather than words, by the pairs that they make.
func isGibberish(s string) bool {
	pairs, rare := countRare(s)
	return rare >= 2 && rare*5 >= pairs
}
