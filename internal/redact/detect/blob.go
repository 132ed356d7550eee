package detect

import "strings"

// inBlob says whether text[start:end] is a piece of base64 that goes on before or behind it, + and / being
// no ends of words there.
func (k *memo) inBlob(text string, start, end int) bool {
	before := start > 0 && (text[start-1] == '+' || text[start-1] == '/')
	behind := end < len(text) && (text[end] == '+' || text[end] == '/')
	if !before && !behind {
		return false
	}
	from, to := start, end
	for from > 0 && start-from < 40 && base64Std.has(text[from-1]) {
		from--
	}
	for to < len(text) && to-end < 40 && base64Std.has(text[to]) {
		to++
	}
	least := 24
	if strings.HasSuffix(text[:from], ";base64,") {
		least = 12 // a picture that has just begun
	}
	n := start - from + to - end
	changes, turns, digits := turnsIn(text[from:start])
	more, moreTurns, moreDigits := turnsIn(text[end:to])
	changes, turns, digits = changes+more, turns+moreTurns, digits+moreDigits
	if n < least || changes < 3 {
		return false
	}
	return 3*turns >= n && digits > 0 || 5*turns >= 2*n || 4*turns >= n && k.stretch.goesOn(k.scan, text, start, end)
}

// turnsIn counts where s goes from one case to the other, and where it goes from one kind of letters or digits to another: in
// base64 at six bytes of ten, in paths and words at one or two.
func turnsIn(s string) (changes, turns, digits int) {
	last := uint8(0)
	for i := range len(s) {
		kind := kindOf[s[i]]
		if kind != last && kind != 0 && last != 0 {
			turns++
			if (kind|last)&digitKind == 0 {
				changes++
			}
		}
		digits += int(kind / digitKind)
		last = kind
	}
	return changes, turns, digits
}

// stretch is a piece of base64's alphabet, around a block of a text: what forty bytes leave in doubt a few hundred tell.
type stretch struct{ scan, start, end, block, turns int }

const (
	maxBlock = 64
	maxReach = 128 // on each side of the block
	minRest  = 80  // of a stretch that is judged, what is in question aside
)

// goesOn says whether base64 goes on far around text[start:end]. A block's stretch is read once, wherever in it one asks.
func (b *stretch) goesOn(scan int, text string, start, end int) bool {
	if block := start / maxBlock; b.scan != scan || b.block != block || start < b.start || start > b.end {
		*b = stretch{scan: scan, start: start, end: start, block: block}
		for low := max(0, block*maxBlock-maxReach); b.start > low && base64Std.has(text[b.start-1]); b.start-- {
		}
		for high := min(len(text), (block+1)*maxBlock+maxReach); b.end < high && base64Std.has(text[b.end]); b.end++ {
		}
		_, b.turns, _ = turnsIn(text[b.start:b.end])
	}
	asked := text[start:max(start, min(end, b.end))]
	_, own, _ := turnsIn(asked)
	rest := b.end - b.start - len(asked)
	return rest >= minRest && 5*(b.turns-own) >= 2*rest
}
