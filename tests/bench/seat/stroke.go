package seat

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// A Stroke is a key and what it must do to the page.
type Stroke struct {
	Key    string // or "tab NAME": the digit before that name on the last row
	What   string // to see after it
	Effect func(p *Page) func(p *Page) bool
}

// Key is the stroke of a key, or of "tab NAME".
func Key(key, what string, effect func(p *Page) func(p *Page) bool) Stroke {
	return Stroke{key, what, effect}
}

// Shows is the effect of a key after which a text is there.
func Shows(text string) func(p *Page) func(p *Page) bool {
	return func(*Page) func(p *Page) bool {
		return func(p *Page) bool { return p.Has(text) }
	}
}

// Hides is the effect of a key after which a text is gone.
func Hides(text string) func(p *Page) func(p *Page) bool {
	return func(*Page) func(p *Page) bool {
		return func(p *Page) bool { return !p.Has(text) }
	}
}

// ErrUntimed is why a key was not pressed: its effect could not be told from what is there.
var ErrUntimed = errors.New("the key can't be timed")

// Make makes a stroke and tells how long it takes until the page shows its effect.
func (t *Terminal) Make(s Stroke) (time.Duration, error) {
	key := s.Key
	if name, isTab := strings.CutPrefix(key, "tab "); isTab {
		t.lock.Lock()
		before, _, found := strings.Cut(t.page.Row(t.page.height-1), " "+name)
		t.lock.Unlock()
		if !found || before == "" {
			return 0, fmt.Errorf("%w: there is no tab %s", ErrUntimed, name)
		}
		key = before[len(before)-1:]
	}
	return t.press(key, s.What, s.Effect)
}
