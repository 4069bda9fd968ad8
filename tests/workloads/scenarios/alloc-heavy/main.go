// Handlers that make a large tree of small objects for every request and keep the last few of them:
// while the collector is at work, they have to help it before they may allocate.
package main

import (
	"math/rand"
	"runtime"
	"strconv"

	"schedtop/tests/workloads/internal/scene"
)

type node struct {
	name        string
	left, right *node
}

func parse(depth int, random *rand.Rand) *node {
	n := &node{name: strconv.Itoa(random.Int())}
	if depth > 0 {
		n.left = parse(depth-1, random)
		n.right = parse(depth-1, random)
	}
	return n
}

func count(n *node) int {
	if n == nil {
		return 0
	}
	return 1 + count(n.left) + count(n.right)
}

func handle(random *rand.Rand) {
	const depth = 14
	var recent [16]*node
	for i := 0; ; i++ {
		document := parse(depth, random)
		recent[i%len(recent)] = document
		if count(document) != 2<<depth-1 {
			panic("a document lost a part")
		}
	}
}

func main() {
	s := scene.Begin()
	for i := 0; i < runtime.GOMAXPROCS(0); i++ {
		go handle(s.Random(i))
	}
	s.Play()
}
