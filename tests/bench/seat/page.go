// Package seat is where a person would sit: terminals, programs on them, keys that are pressed and what the page
// shows then.
package seat

import (
	"strings"
	"unicode/utf8"
)

// A Page is what stands on a terminal, without its colours. It knows what the programs of these benches
// send to an xterm, and no more.
type Page struct {
	width, height int
	cells         []rune
	x, y          int
	top, bottom   int // the first row that scrolls, and the one after the last
	last          rune
	rest          []byte // the beginning of a sequence that has not come as a whole
}

func blankPage(width, height int) Page {
	p := Page{width: width, height: height, bottom: height, cells: make([]rune, width*height)}
	p.blank(0, len(p.cells))
	return p
}

func (p *Page) blank(from, to int) {
	for i := from; i < to; i++ {
		p.cells[i] = ' '
	}
}

// Row is empty when there is no such row.
func (p *Page) Row(y int) string {
	if y < 0 || y >= p.height {
		return ""
	}
	return string(p.cells[y*p.width : (y+1)*p.width])
}

// Has tells whether a text stands on one of the rows.
func (p *Page) Has(text string) bool { return strings.Contains(p.String(), text) }

// String is all of it, without the blanks at the ends of rows.
func (p *Page) String() string {
	var all strings.Builder
	for y := 0; y < p.height; y++ {
		all.WriteString(strings.TrimRight(p.Row(y), " ") + "\n")
	}
	return all.String()
}

func (p *Page) write(bytes []byte) {
	p.rest = append(p.rest, bytes...)
	for len(p.rest) > 0 {
		n := p.take(p.rest)
		if n == 0 {
			return
		}
		p.rest = p.rest[n:]
	}
}

// take does what the first character or sequence says and returns its length; 0 when it is not whole.
func (p *Page) take(s []byte) int {
	switch s[0] {
	case 0x1b:
		return p.escape(s)
	case '\r':
		p.x = 0
	case '\n':
		if p.y == p.bottom-1 {
			p.scroll(p.top, 1)
			break
		}
		p.move(p.x, p.y+1)
	case '\b':
		p.move(p.x-1, p.y)
	case '\t':
		p.move(p.x/8*8+8, p.y)
	default:
		if s[0] < ' ' {
			break
		}
		if !utf8.FullRune(s) {
			return 0
		}
		r, n := utf8.DecodeRune(s)
		p.put(r)
		return n
	}
	return 1
}

func (p *Page) put(r rune) {
	if p.x >= p.width {
		p.move(0, p.y+1)
	}
	p.cells[p.y*p.width+p.x] = r
	p.x++
	p.last = r
}

func (p *Page) move(x, y int) {
	p.x = max(0, min(x, p.width-1))
	p.y = max(0, min(y, p.height-1))
}

// scroll moves the rows from one on to the end of what scrolls up, or down when n < 0.
func (p *Page) scroll(from, n int) {
	if from < p.top || from >= p.bottom {
		return
	}
	rows := p.cells[from*p.width : p.bottom*p.width]
	cells := min(max(n, -n)*p.width, len(rows))
	if n > 0 {
		copy(rows, rows[cells:])
		p.blank(p.bottom*p.width-cells, p.bottom*p.width)
	} else {
		copy(rows[cells:], rows)
		p.blank(from*p.width, from*p.width+cells)
	}
}

// escape takes a sequence of ECMA-48. Those that do not change the text are passed over.
func (p *Page) escape(s []byte) int {
	if len(s) < 2 {
		return 0
	}
	switch s[1] {
	case '[':
		return p.control(s)
	case ']':
		for i := 2; i < len(s); i++ {
			if s[i] == '\a' || s[i] == '\\' && s[i-1] == 0x1b {
				return i + 1
			}
		}
		return 0
	case '(', ')':
		if len(s) < 3 {
			return 0
		}
		return 3
	case 'M':
		if p.y == p.top {
			p.scroll(p.top, -1)
		} else {
			p.move(p.x, p.y-1)
		}
	}
	return 2
}

func (p *Page) control(s []byte) int {
	end := 2
	for end < len(s) && (s[end] < 0x40 || s[end] > 0x7e) {
		end++
	}
	if end == len(s) {
		return 0
	}
	if end > 2 && s[2] >= '<' && s[2] <= '?' { // private
		return end + 1
	}
	n := numbers(s[2:end])
	at, row := p.y*p.width+min(p.x, p.width-1), p.y*p.width
	switch s[end] {
	case 'H', 'f':
		p.move(n.or(1, 1)-1, n.or(0, 1)-1)
	case 'G':
		p.move(n.or(0, 1)-1, p.y)
	case 'd':
		p.move(p.x, n.or(0, 1)-1)
	case 'A':
		p.move(p.x, p.y-n.or(0, 1))
	case 'B':
		p.move(p.x, p.y+n.or(0, 1))
	case 'C':
		p.move(p.x+n.or(0, 1), p.y)
	case 'D':
		p.move(p.x-n.or(0, 1), p.y)
	case 'r':
		p.top = min(n.or(0, 1), p.height) - 1
		p.bottom = max(p.top+1, min(n.or(1, p.height), p.height))
		p.move(0, 0)
	case 'S':
		p.scroll(p.top, n.or(0, 1))
	case 'T':
		p.scroll(p.top, -n.or(0, 1))
	case 'M':
		p.scroll(p.y, n.or(0, 1))
	case 'L':
		p.scroll(p.y, -n.or(0, 1))
	case 'Z':
		p.move((p.x-1)/8*8, p.y)
	case 'J':
		p.blank([]int{at, 0, 0}[n.or(0, 0)%3], []int{len(p.cells), at + 1, len(p.cells)}[n.or(0, 0)%3])
	case 'K':
		p.blank([]int{at, row, row}[n.or(0, 0)%3], []int{row + p.width, at + 1, row + p.width}[n.or(0, 0)%3])
	case 'X':
		p.blank(at, min(at+n.or(0, 1), row+p.width))
	case 'P':
		from := min(at+n.or(0, 1), row+p.width)
		copy(p.cells[at:row+p.width], p.cells[from:row+p.width])
		p.blank(row+p.width-(from-at), row+p.width)
	case '@':
		to := min(at+n.or(0, 1), row+p.width)
		copy(p.cells[to:row+p.width], p.cells[at:row+p.width])
		p.blank(at, to)
	case 'b':
		for i := n.or(0, 1); i > 0; i-- {
			p.put(p.last)
		}
	}
	return end + 1
}

// parameters of a control sequence; -1 where one was left out.
type parameters []int

func numbers(s []byte) parameters {
	var all parameters
	value := -1
	for _, c := range s {
		switch {
		case c >= '0' && c <= '9':
			value = min(max(value, 0)*10+int(c-'0'), 1<<15)
		case c == ';':
			all = append(all, value)
			value = -1
		}
	}
	return append(all, value)
}

func (n parameters) or(i, otherwise int) int {
	if i >= len(n) || n[i] < 0 {
		return otherwise
	}
	return n[i]
}
