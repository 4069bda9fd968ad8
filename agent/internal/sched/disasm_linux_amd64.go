package sched

import (
	"encoding/binary"
	"strings"
)

// As much of a disassembler as finds the variables to which the runtime's code refers.

// What follows an opcode, one letter each (Intel SDM volume 2, appendix A):
//
//	.  nothing                      m  ModRM
//	b  8-bit immediate              B  ModRM and that
//	z  16- or 32-bit immediate      Z  ModRM and that
//	j  32-bit displacement          v  like z, 64-bit with REX.W
//	w  16-bit immediate             e  16- and 8-bit immediates
//	o  64-bit address               g G  ModRM, and b or z when its reg is 0 or 1
//	?  prefixes, escapes and what no 64-bit program has
const (
	oneByte = "mmmmbz??mmmmbz??" + // 00 add, or
		"mmmmbz??mmmmbz??" + // 10 adc, sbb
		"mmmmbz??mmmmbz??" + // 20 and, sub
		"mmmmbz??mmmmbz??" + // 30 xor, cmp
		"????????????????" + // 40 REX
		"................" + // 50 push, pop
		"???m????zZbB...." + // 60 movsxd, push, imul
		"bbbbbbbbbbbbbbbb" + // 70 jcc
		"BZ?Bmmmmmmmmmmmm" + // 80 groups, test, xchg, mov, lea
		"..........?....." + // 90 xchg
		"oooo....bz......" + // a0 mov, strings
		"bbbbbbbbvvvvvvvv" + // b0 mov
		"BBw.??BZe.w..b?." + // c0 shifts, ret, mov
		"mmmm???.mmmmmmmm" + // d0 shifts, x87
		"bbbbbbbbjj?b...." + // e0 loop, call, jmp
		"?.??..gG......mm" //  f0 groups
	twoByte = "mmmm?.......?m.?" + // 00 system
		"mmmmmmmmmmmmmmmm" + // 10 SSE moves, nop
		"mmmm????mmmmmmmm" + // 20
		"........????????" + // 30 system
		"mmmmmmmmmmmmmmmm" + // 40 cmovcc
		"mmmmmmmmmmmmmmmm" + // 50 SSE
		"mmmmmmmmmmmmmmmm" + // 60 SSE
		"BBBBmmm.mmmmmmmm" + // 70 SSE
		"jjjjjjjjjjjjjjjj" + // 80 jcc
		"mmmmmmmmmmmmmmmm" + // 90 setcc
		"...mBm??...mBmmm" + // a0 bt, shld, fences, imul
		"mmmmmmmmmmBmmmmm" + // b0 cmpxchg, movzx, movsx
		"mmBmBBBm........" + // c0 xadd, bswap
		"mmmmmmmmmmmmmmmm" + // d0 SSE
		"mmmmmmmmmmmmmmmm" + // e0 SSE
		"mmmmmmmmmmmmmmmm" //  f0 SSE
	threeByte = "mB" // all of 0f 38, all of 0f 3a
	prefixes  = "\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3"
	rexW      = 8
)

// operand is something that an instruction refers to, and that lies relative to the instruction pointer.
type operand struct {
	target uint64
	size   int // bytes read or written; 0: unknown, or its address is taken
	taken  bool
	writes bool
}

// decoder holds one instruction. What lies beyond the end of the code reads as 0 and is noticed later.
type decoder struct {
	code             []byte
	at               int
	rex, opcode, reg byte
	opmap            int // 0: one byte, 1: after 0f, 2: after 0f 38, 3: after 0f 3a
	vector, short    bool
	displacement     int // where the displacement is; 0: no such operand
}

func (d *decoder) take() byte {
	d.at++
	if d.at > len(d.code) {
		return 0
	}
	return d.code[d.at-1]
}

// operands returns everything that the code, which stands at address, refers to, in its order. ok is
// false at an instruction that is not known, or when the code ends within one.
func operands(code []byte, address uint64) (list []operand, ok bool) {
	for at := 0; at < len(code); {
		d := decoder{code: code, at: at}
		if !d.instruction() || d.at > len(code) {
			return list, false
		}
		at = d.at
		if d.displacement == 0 {
			continue
		}
		offset := int32(binary.LittleEndian.Uint32(code[d.displacement:]))
		r := operand{target: address + uint64(at) + uint64(int64(offset)), writes: d.writes()}
		if r.taken = d.opmap == 0 && d.opcode == 0x8d; !r.taken {
			r.size = d.size()
		}
		list = append(list, r)
	}
	return list, true
}

func (d *decoder) instruction() bool {
	for d.opcode = d.take(); strings.IndexByte(prefixes, d.opcode) >= 0; d.opcode = d.take() {
		d.short = d.short || d.opcode == 0x66
	}
	if d.opcode&0xf0 == 0x40 {
		d.rex = d.opcode
		d.opcode = d.take()
	}
	d.escapes()
	var form byte
	switch d.opmap {
	case 0:
		form = oneByte[d.opcode]
	case 1:
		form = twoByte[d.opcode]
	case 2, 3:
		form = threeByte[d.opmap-2]
	default:
		return false
	}
	if form == '?' {
		return false
	}
	if strings.IndexByte("mBZgG", form) >= 0 {
		d.modRM()
	}
	d.at += d.immediate(form)
	return true
}

// escapes follows what leads to another map of opcodes.
func (d *decoder) escapes() {
	switch d.opcode {
	case 0x0f:
		d.opmap = 1
		switch d.opcode = d.take(); d.opcode {
		case 0x38, 0x3a:
			d.opmap = 2 + int(d.opcode>>1&1)
			d.opcode = d.take()
		}
	case 0xc5: // VEX, two bytes
		d.vector, d.opmap = true, 1
		d.at++
		d.opcode = d.take()
	case 0xc4, 0x62: // VEX, three bytes; EVEX
		d.vector = true
		rest, mask := 1, byte(31)
		if d.opcode == 0x62 {
			rest, mask = 2, 7
		}
		if d.opmap = int(d.take() & mask); d.opmap == 0 {
			d.opmap = -1
		}
		d.at += rest
		d.opcode = d.take()
	}
}

func (d *decoder) modRM() {
	modrm := d.take()
	mod, rm, base := modrm>>6, modrm&7, byte(0)
	d.reg = modrm >> 3 & 7
	if mod == 3 {
		return
	}
	if rm == 4 {
		base = d.take() & 7
	}
	if mod == 0 && rm == 5 {
		d.displacement = d.at
	}
	switch {
	case mod == 2 || mod == 0 && (rm == 5 || rm == 4 && base == 5):
		d.at += 4
	case mod == 1:
		d.at++
	}
}

// immediate is how many bytes come after ModRM.
func (d *decoder) immediate(form byte) int {
	wide := 4
	if d.short && d.rex&rexW == 0 {
		wide = 2
	}
	switch {
	case form == 'b' || form == 'B' || form == 'g' && d.reg < 2:
		return 1
	case form == 'w':
		return 2
	case form == 'e':
		return 3
	case form == 'j':
		return 4
	case form == 'o' || form == 'v' && d.rex&rexW != 0:
		return 8
	case form == 'z' || form == 'Z' || form == 'v' || form == 'G' && d.reg < 2:
		return wide
	}
	return 0
}

func (d *decoder) is(opcodes string) bool { return strings.IndexByte(opcodes, d.opcode) >= 0 }

// size is that of the operand, of the general instructions; what vectors read is nobody's concern here.
func (d *decoder) size() int {
	wide := 4
	switch {
	case d.rex&rexW != 0:
		wide = 8
	case d.short:
		wide = 2
	}
	switch {
	case d.vector || d.opmap > 1:
		return 0
	case d.opmap == 0 && d.opcode == 0x63:
		return 4 // movsxd: whatever it is extended to
	case d.opmap == 0 && (d.opcode < 0x40 && d.opcode&1 == 0 ||
		d.opcode >= 0x40 && d.is("\x80\x84\x86\x88\x8a\xc0\xc6\xd0\xd2\xf6\xfe")):
		return 1
	case d.opmap == 0:
		return wide
	case d.is("\xb6\xbe\xb0\xc0") || d.opcode&0xf0 == 0x90:
		return 1
	case d.is("\xb7\xbf"):
		return 2
	case d.opcode&0xf0 == 0x40 || d.is("\xa3\xab\xaf\xb1\xb3\xba\xbb\xc1"):
		return wide
	}
	return 0
}

func (d *decoder) writes() bool {
	switch {
	case d.opmap == 1:
		return d.is("\xb0\xb1\xc0\xc1\xab\xb3\xbb") || d.opcode&0xf0 == 0x90
	case d.opmap != 0:
		return false
	case d.opcode < 0x40:
		return d.opcode&7 < 2 && d.opcode>>3 != 7
	case d.is("\x80\x81\x83"):
		return d.reg != 7 // cmp
	case d.is("\xf6\xf7"):
		return d.reg == 2 || d.reg == 3 // not, neg
	case d.is("\xfe\xff"):
		return d.reg < 2 // inc, dec
	}
	return d.is("\x86\x87\x88\x89\x8f\xc0\xc1\xc6\xc7\xd0\xd1\xd2\xd3")
}
