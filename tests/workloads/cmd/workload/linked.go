//go:build cgo && !withcgo

package main

// #include <unistd.h>
import "C"

// With C code in it the program has what such programs have: a spare thread, code without tables, and
// the system's linker laid it out.
func init() { _ = C.getpid() }
