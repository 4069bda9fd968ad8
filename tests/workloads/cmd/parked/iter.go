//go:build go1.23

package main

import "iter"

func init() {
	shapes = append(shapes, coroutines)
}

// Two goroutines that hand over to each other: one waits in the other's place.
func coroutines() {
	next, _ := iter.Pull(func(yield func(int) bool) {
		yield(1)
		waitForever()
	})
	next()
	go next()
}
