//go:build cgo

package main

// #include <unistd.h>
import "C"

// A program with C code is linked by the system's linker, and laid out otherwise.
func init() { _ = C.getpid() }
