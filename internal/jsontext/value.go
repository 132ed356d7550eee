package jsontext

// nesting remembers for each open level whether it is an object, one bit a level.
type nesting struct {
	objects [MaxDepth / 64]uint64
	depth   int
}

func (n *nesting) push(object bool) bool {
	if n.depth == MaxDepth {
		return false
	}
	word, bit := n.depth/64, uint64(1)<<(n.depth%64)
	if object {
		n.objects[word] |= bit
	} else {
		n.objects[word] &^= bit
	}
	n.depth++
	return true
}

func (n *nesting) pop(object bool) bool {
	if n.depth == 0 || n.inObject() != object {
		return false
	}
	n.depth--
	return true
}

func (n *nesting) inObject() bool {
	top := n.depth - 1
	return n.objects[top/64]&(1<<(top%64)) != 0
}

// skipValue returns the index after the value that starts at b[i], and whether
// it held no white space between its tokens.
func skipValue(b []byte, i int) (end int, compact bool, err error) {
	var open nesting
	compact = true
	gap := func(i int) int {
		if i < len(b) && class[b[i]]&space != 0 {
			compact = false
			return skipSpace(b, i)
		}
		return i
	}
	for {
		// Here a value begins.
		if i >= len(b) {
			return i, compact, ErrSyntax
		}
		if c := b[i]; c == '{' || c == '[' {
			if !open.push(c == '{') {
				return i, compact, ErrDepth
			}
			i = gap(i + 1)
			if i < len(b) && b[i] == c+2 { // ']' is '[' + 2, '}' is '{' + 2
				open.pop(c == '{')
				i++
			} else if c == '[' {
				continue
			} else if i, err = skipKey(b, i, gap); err != nil {
				return i, compact, err
			} else {
				continue
			}
		} else if i, err = skipScalar(b, i); err != nil {
			return i, compact, err
		}
		// Here a value has ended: close levels until one goes on.
		for {
			if open.depth == 0 {
				return i, compact, nil
			}
			if i = gap(i); i >= len(b) {
				return i, compact, ErrSyntax
			}
			c := b[i]
			i++
			if c == ',' {
				i = gap(i)
				if open.inObject() {
					if i, err = skipKey(b, i, gap); err != nil {
						return i, compact, err
					}
				}
				break
			}
			if (c != ']' && c != '}') || !open.pop(c == '}') {
				return i, compact, ErrSyntax
			}
		}
	}
}

// skipKey returns the index of the value that belongs to the key at b[i].
func skipKey(b []byte, i int, gap func(int) int) (int, error) {
	if i >= len(b) || b[i] != '"' {
		return i, ErrSyntax
	}
	i, err := skipString(b, i)
	if err != nil {
		return i, err
	}
	if i = gap(i); i >= len(b) || b[i] != ':' {
		return i, ErrSyntax
	}
	return gap(i + 1), nil
}

// Check says whether s is exactly one valid JSON value, and whether it is
// already free of white space between tokens.
func Check(s string) (compact bool, err error) {
	b := view(s)
	start := skipSpace(b, 0)
	end, compact, err := skipValue(b, start)
	if err != nil {
		return false, err
	}
	if skipSpace(b, end) != len(b) {
		return false, ErrSyntax
	}
	return compact && start == 0 && end == len(b), nil
}

// Compact returns the JSON value s without white space between its tokens; s
// itself, uncopied, if there is none.
func Compact(s string) (string, error) {
	compact, err := Check(s)
	if err != nil {
		return "", err
	}
	if compact {
		return s, nil
	}
	return string(appendCompact(make([]byte, 0, len(s)), view(s))), nil
}

// appendCompact copies the valid text b without its white space.
func appendCompact(dst, b []byte) []byte {
	for i := 0; i < len(b); {
		switch c := b[i]; {
		case class[c]&space != 0:
			i = skipSpace(b, i)
		case c == '"':
			end, _ := skipString(b, i)
			dst = append(dst, b[i:end]...)
			i = end
		default:
			dst = append(dst, c)
			i++
		}
	}
	return dst
}
