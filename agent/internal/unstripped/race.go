//go:build race

package unstripped

const race = true
