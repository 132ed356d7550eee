package jsontext

// SkipSpace returns the index of the first byte of s from i on that is no JSON
// white space.
func SkipSpace(s string, i int) int { return skipSpace(view(s), i) }

// SkipString returns the index after the string whose opening quote is s[i].
func SkipString(s string, i int) (int, error) { return skipString(view(s), i) }

// SkipValue returns the index after the value that begins at s[i].
func SkipValue(s string, i int) (int, error) {
	end, _, err := skipValue(view(s), i)
	return end, err
}
