package sched

import (
	"math/rand"
	"os"
	"runtime"
	"testing"
)

func executable(t testing.TB) *os.File {
	t.Helper()
	exe, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { exe.Close() })
	return exe
}

// The tests are built with symbols, so that both ways can be gone.
func Test_code_tells_the_same_addresses_as_the_symbol_table(t *testing.T) {
	minor, err := goMinor(runtime.Version())
	if err != nil {
		t.Fatal(err)
	}
	exe := executable(t)
	for _, layout := range schedtLayouts {
		if minor < layout.first || minor > layout.last {
			continue
		}
		symbols, code := Reader{sched: layout}, Reader{sched: layout}
		if err := symbols.addressesFromSymbols(exe); err != nil {
			t.Fatal(err)
		}
		m, err := findModule(exe, minor)
		if err != nil {
			t.Fatal(err)
		}
		if err := code.addressesFromCode(m); err != nil {
			t.Fatal(err)
		}
		for name, pair := range map[string][2]uint64{
			"sched": {symbols.schedAt, code.schedAt}, "allp": {symbols.allp, code.allp}, "allm": {symbols.allm, code.allm},
			"allglen": {symbols.allglen, code.allglen}, "allgptr": {symbols.allgptr, code.allgptr}, "gomaxprocs": {symbols.gomaxprocs, code.gomaxprocs},
			"types": {symbols.types.lo, code.types.lo}, "etypes": {symbols.types.hi, code.types.hi},
		} {
			if pair[0] != pair[1] {
				t.Errorf("runtime.%s is at %#x by the symbols, at %#x by the code", name, pair[0], pair[1])
			}
		}
		return
	}
	t.Fatalf("no layout of %s", runtime.Version())
}

// Layouts in which the printed fields lie alike, if elsewhere, can't be told apart: there the version decides.
func Test_code_refuses_a_layout_whose_printed_fields_lie_otherwise(t *testing.T) {
	minor, err := goMinor(runtime.Version())
	if err != nil {
		t.Fatal(err)
	}
	m, err := findModule(executable(t), minor)
	if err != nil {
		t.Fatal(err)
	}
	var right []field
	for _, layout := range schedtLayouts {
		if minor >= layout.first && minor <= layout.last {
			right = layout.printed()
		}
	}
	refused := 0
	for _, layout := range schedtLayouts {
		r, other := Reader{sched: layout}, 0
		for i, f := range layout.printed() {
			if i >= len(right) || f.size != right[i].size || f.off-layout.printed()[0].off != right[i].off-right[0].off {
				other++
			}
		}
		err := r.addressesFromCode(m)
		if other == 0 && err != nil || other > missingMax && err == nil {
			t.Errorf("the layout of Go 1.%d to 1.%d in Go 1.%d, %d fields of it otherwise: %v", layout.first,
				layout.last, minor, other, err)
		}
		if err != nil {
			refused++
		}
	}
	if refused == 0 {
		t.Error("no layout was refused: nothing was tested")
	}
}

func Test_functions_are_found_by_their_names(t *testing.T) {
	minor, _ := goMinor(runtime.Version())
	m, err := findModule(executable(t), minor)
	if err != nil {
		t.Fatal(err)
	}
	const here = "schedtop/agent/internal/sched.Test_functions_are_found_by_their_names"
	found, err := m.find("runtime.schedtrace", here, "runtime.noSuchFunction")
	if err != nil || len(found) != 2 {
		t.Fatalf("%v, %v", found, err)
	}
	for name, code := range found {
		if f := runtime.FuncForPC(uintptr(code.lo)); f == nil || f.Name() != name || uint64(f.Entry()) != code.lo {
			t.Errorf("%s is not at %#x", name, code.lo)
		}
	}
	pc, _, _, _ := runtime.Caller(0)
	if !found[here].holds(uint64(pc), 1) {
		t.Errorf("%#x is not in %#x", pc, found[here])
	}
}

// Of each: the code, and the operand that it has; size 0 and not taken: none.
func Test_operands_are_decoded(t *testing.T) {
	for name, c := range map[string]struct {
		code string
		want operand
	}{
		"mov eax, [rip+16]":                {"\x8b\x05\x10\x00\x00\x00", operand{0x1016, 4, false, false}},
		"mov rcx, [rip-16]":                {"\x48\x8b\x0d\xf0\xff\xff\xff", operand{0xff7, 8, false, false}},
		"mov [rip], rax":                   {"\x48\x89\x05\x00\x00\x00\x00", operand{0x1007, 8, false, true}},
		"lea rax, [rip]":                   {"\x48\x8d\x05\x00\x00\x00\x00", operand{0x1007, 0, true, false}},
		"cmp dword [rip], 5":               {"\x83\x3d\x00\x00\x00\x00\x05", operand{0x1007, 4, false, false}},
		"add dword [rip], 5":               {"\x83\x05\x00\x00\x00\x00\x05", operand{0x1007, 4, false, true}},
		"movzx eax, byte [rip]":            {"\x0f\xb6\x05\x00\x00\x00\x00", operand{0x1007, 1, false, false}},
		"mov word [rip], 1":                {"\x66\xc7\x05\x00\x00\x00\x00\x01\x00", operand{0x1009, 2, false, true}},
		"mov eax, [rbp+16]":                {"\x8b\x45\x10", operand{}},
		"call":                             {"\xe8\x10\x00\x00\x00", operand{}},
		"mov rax, 8 bytes":                 {"\x48\xb8\x01\x02\x03\x04\x05\x06\x07\x08", operand{}},
		"vmovdqu ymm0, [rip]":              {"\xc5\xfe\x6f\x05\x00\x00\x00\x00", operand{0x1008, 0, false, false}},
		"mov rax, [rsp+rcx*8+0x1000]":      {"\x48\x8b\x84\xcc\x00\x10\x00\x00", operand{}},
		"test byte [rip], 1":               {"\xf6\x05\x00\x00\x00\x00\x01", operand{0x1007, 1, false, false}},
		"lock cmpxchg [rip], ecx":          {"\xf0\x0f\xb1\x0d\x00\x00\x00\x00", operand{0x1008, 4, false, true}},
		"pinsrq xmm0, [rip], 1 (0f 3a 22)": {"\x66\x48\x0f\x3a\x22\x05\x00\x00\x00\x00\x01", operand{0x100b, 0, false, false}},
	} {
		list, ok := operands([]byte(c.code), 0x1000)
		switch {
		case !ok:
			t.Errorf("%s is not understood", name)
		case c.want == operand{} && len(list) > 0:
			t.Errorf("%s refers to %#v", name, list)
		case c.want != operand{} && (len(list) != 1 || list[0] != c.want):
			t.Errorf("%s refers to %#v, not %#v", name, list, c.want)
		}
		for n := 1; n < len(c.code); n++ {
			if list, _ := operands([]byte(c.code[:n]), 0x1000); len(list) > 0 {
				t.Errorf("%s is whole after %d bytes", name, n)
			}
		}
	}
}

// Whatever stands there: no panic, and an end.
func Test_code_may_be_anything(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	for i := 0; i < 20000; i++ {
		code := make([]byte, 1+random.Intn(40))
		random.Read(code)
		operands(code, random.Uint64())
	}
}

func BenchmarkAddressesFromCode(b *testing.B) {
	minor, _ := goMinor(runtime.Version())
	layout := schedtLayouts[len(schedtLayouts)-1]
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		m, err := findModule(executable(b), minor)
		if err != nil {
			b.Fatal(err)
		}
		r := Reader{sched: layout}
		if err := r.addressesFromCode(m); err != nil {
			b.Fatal(err)
		}
	}
}
