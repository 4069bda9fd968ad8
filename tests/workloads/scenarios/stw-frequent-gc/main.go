// A service that asks for a collection after each batch, to be tidy.
package main

import (
	"math/rand"
	"runtime"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

type row struct {
	key  int
	next *row
}

func load(n int) *row {
	var first *row
	for i := 0; i < n; i++ {
		first = &row{i, first}
	}
	return first
}

func sum(r *row) int {
	total := 0
	for ; r != nil; r = r.next {
		total += r.key
	}
	return total
}

func step(table *row, n int) {
	batch := load(n)
	if sum(batch) != n*(n-1)/2 || table.key == 0 {
		panic("a row was lost")
	}
	runtime.GC()
}

func work(table *row, random *rand.Rand) {
	for {
		step(table, 20000)
		scene.Pause(random, 20*time.Millisecond)
	}
}

func main() {
	s := scene.Begin()
	table := load(300000)
	for i := 0; i < 2; i++ {
		go work(table, s.Random(i))
	}
	s.Play()
}
