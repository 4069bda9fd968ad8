// Handlers that make a large tree of small objects for every request, beside a store of such trees that
// lives on, with little memory to spare: they have to help the collector before they may allocate.
package main

import (
	"math/rand"
	"runtime"
	"runtime/debug"

	"schedtop/tests/workloads/internal/scene"
)

type node struct {
	key         int
	left, right *node
}

func parse(depth, key int) *node {
	n := &node{key: key}
	if depth > 0 {
		n.left = parse(depth-1, 2*key)
		n.right = parse(depth-1, 2*key+1)
	}
	return n
}

func find(n *node, depth, key int) *node {
	for ; depth > 0; depth-- {
		if key>>(depth-1)&1 == 0 {
			n = n.left
		} else {
			n = n.right
		}
	}
	return n
}

func handle(random *rand.Rand) {
	const stored, depth = 17, 12
	store := parse(stored, 1)
	for {
		document := parse(depth, 1)
		key := 1<<depth + random.Intn(1<<depth)
		if find(document, depth, key).key != key || find(store, stored, key).key == 0 {
			panic("a document lost a part")
		}
	}
}

func main() {
	s := scene.Begin()
	debug.SetGCPercent(25)
	for i := 0; i < runtime.GOMAXPROCS(0); i++ {
		go handle(s.Random(i))
	}
	s.Play()
}
