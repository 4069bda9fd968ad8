//go:build !cgo || !withcgo

package main

// C code needs a C compiler and makes every build slower: the mode exists only with the tag withcgo.
var cgoModes []mode
