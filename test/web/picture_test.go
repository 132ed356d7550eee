//go:build browser

package web

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// picture writes what the tab shows in 256 colours: a page has few that matter, and its picture a third of the size. Shades that are much the same share
// the most frequent one of them.
func (b *tab) picture(path string) {
	b.t.Helper()
	shot, err := chromedp.Run(b, chromedp.CaptureScreenshot())
	require.NoError(b.t, err)
	full, err := png.Decode(bytes.NewReader(shot))
	require.NoError(b.t, err)
	counts := map[color.RGBA]int{}
	size := full.Bounds()
	for y := range size.Dy() {
		for x := range size.Dx() {
			counts[rgb(full.At(x, y))]++
		}
	}
	kin := map[[3]uint8]color.RGBA{}
	for _, c := range slices.SortedFunc(maps.Keys(counts), func(a, b color.RGBA) int { return bytes.Compare([]byte{a.R, a.G, a.B}, []byte{b.R, b.G, b.B}) }) {
		near := [3]uint8{c.R >> 3, c.G >> 3, c.B >> 3}
		if old, there := kin[near]; !there || counts[c] > counts[old] {
			kin[near] = c
		}
	}
	frequent := slices.SortedFunc(maps.Values(kin), func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), bytes.Compare([]byte{a.R, a.G, a.B}, []byte{b.R, b.G, b.B}))
	})
	var palette color.Palette
	for _, c := range frequent[:min(256, len(frequent))] {
		palette = append(palette, c)
	}
	nearest := map[color.RGBA]uint8{}
	small := image.NewPaletted(size, palette)
	for y := range size.Dy() {
		for x := range size.Dx() {
			c := rgb(full.At(x, y))
			at, known := nearest[c]
			if !known {
				at = uint8(palette.Index(c)) //nolint:gosec // 256 colours
				nearest[c] = at
			}
			small.SetColorIndex(x, y, at)
		}
	}
	var out bytes.Buffer
	require.NoError(b.t, (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, small))
	require.NoError(b.t, os.MkdirAll(filepath.Dir(path), 0o755)) //nolint:gosec // pictures are for all
	require.NoError(b.t, os.WriteFile(path, out.Bytes(), 0o644)) //nolint:gosec // as above
}

func rgb(c color.Color) color.RGBA {
	r, g, b, _ := c.RGBA()
	return color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 255} //nolint:gosec // eight bits each
}
