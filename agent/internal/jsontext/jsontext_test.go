package jsontext

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"unicode/utf8"
)

func Test_numbers_that_JSON_lacks_become_strings(t *testing.T) {
	for _, c := range []struct {
		got  []byte
		want string
	}{
		{AppendFloat(nil, math.Inf(1)), `"+Inf"`},
		{AppendFloat(nil, math.Inf(-1)), `"-Inf"`},
		{AppendFloat(nil, math.NaN()), `"NaN"`},
		{AppendFloat(nil, 6.4e-08), `6.4e-08`},
		{AppendFloat(nil, 0), `0`},
		{AppendUint(nil, math.MaxInt64), `9223372036854775807`},
		{AppendUint(nil, math.MaxInt64+1), `"9223372036854775808"`},
		{AppendUint(nil, math.MaxUint64), `"18446744073709551615"`},
	} {
		if string(c.got) != c.want {
			t.Errorf("%s, not %s", c.got, c.want)
		}
	}
}

func FuzzString(f *testing.F) {
	for _, s := range []string{"", "plain", `"\`, "\x00\x1b[31m\x7f", "\xff\xfe", "ä\u2028😀"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b := AppendString(nil, s)
		var back string
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		if utf8.ValidString(s) && back != s {
			t.Fatalf("%q came back as %q", s, back)
		}
		if strings.ContainsAny(string(b), "\x00\x1b\x7f\n") || !utf8.Valid(b) {
			t.Fatalf("%q is not printable", b)
		}
	})
}

func FuzzFloat(f *testing.F) {
	f.Add(math.Pi)
	f.Add(-math.MaxFloat64)
	f.Add(math.SmallestNonzeroFloat64)
	f.Fuzz(func(t *testing.T, v float64) {
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return
		}
		var back float64
		if err := json.Unmarshal(AppendFloat(nil, v), &back); err != nil || back != v {
			t.Fatalf("%v came back as %v: %v", v, back, err)
		}
	})
}
