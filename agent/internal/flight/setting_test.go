package flight

import (
	"testing"
	"time"
)

func Test_settings_are_an_age_bytes_or_both(t *testing.T) {
	for text, want := range map[string]Settings{
		"on": {}, "1": {},
		"10s": {MinAge: 10 * time.Second}, "16MiB": {MaxBytes: 16 << 20},
		"10s,16MiB": {10 * time.Second, 16 << 20}, " 2m , 1 GiB ": {2 * time.Minute, 1 << 30},
		"4M,1500ms": {1500 * time.Millisecond, 4 << 20}, "65536B": {MaxBytes: 65536},
	} {
		if s, err := Parse(text); err != nil || s == nil || *s != want {
			t.Errorf("%q: %v, %v, not %v", text, s, err, want)
		}
	}
	for _, text := range []string{"", " ", "0", "off"} {
		if s, err := Parse(text); err != nil || s != nil {
			t.Errorf("%q: %v, %v", text, s, err)
		}
	}
	for _, text := range []string{"yes", "10", "-1s", "0s", "10s,10s", "1M,1M", "10s,16MiB,1s", "9999999G", "-1B", ","} {
		if s, err := Parse(text); err == nil {
			t.Errorf("%q: %v", text, s)
		}
	}
}
