package event

// Rewriter changes texts that come from outside, such as a redactor does. Path is the JSON
// pointer of the text in the event, key the last name of it.
type Rewriter interface {
	// Text returns what a text becomes.
	Text(path, key, text string) string
	// Structure returns what a text becomes that readers join on: an id, a version, a model.
	Structure(path, key, text string) string
	// JSON returns the one compact JSON value that a text, JSON or not, becomes.
	JSON(path, key, text string) string
}

// Rewrite passes every text of e that comes from outside through r. A field that is added to the
// table takes part unless its row says otherwise.
func (e *Event) Rewrite(r Rewriter) {
	for i := range fields {
		f := &fields[i]
		if f.verbatim {
			continue
		}
		switch v := f.at(e).(type) {
		case *string:
			switch {
			case *v == "":
			case f.structural:
				*v = r.Structure(f.pointer, f.member, *v)
			default:
				*v = r.Text(f.pointer, f.member, *v)
			}
		case *JSON:
			if v.text != "" {
				v.text = r.JSON(f.pointer, f.member, v.text)
			}
		}
	}
}
