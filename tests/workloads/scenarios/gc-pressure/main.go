// A service that collects at a fraction of the usual growth to save memory, over a live heap that is
// all small objects: the collector marks it again after every few megabytes.
package main

import (
	"math/rand"
	"runtime/debug"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

type session struct {
	user, next *session
	tags       []string
}

// sessions is what stays alive: rings of small objects that point at each other.
type sessions struct {
	ring []*session
}

func (s *sessions) fill(n int) {
	for i := 0; i < n; i++ {
		s.ring = append(s.ring, &session{tags: make([]string, 2)})
	}
	for i := range s.ring {
		s.ring[i].next = s.ring[(i+1)%n]
	}
}

func serve(all *sessions, random *rand.Rand) {
	for {
		for i := 0; i < 500; i++ {
			fresh := &session{tags: make([]string, 4)}
			fresh.user = &session{tags: fresh.tags[:2]}
			all.ring[random.Intn(len(all.ring))] = fresh
		}
		scene.Compute(100 * time.Microsecond)
		scene.Pause(random, 500*time.Microsecond)
	}
}

func main() {
	s := scene.Begin()
	debug.SetGCPercent(10)
	for i := 0; i < 3; i++ {
		all := new(sessions)
		all.fill(60000)
		go serve(all, s.Random(i))
	}
	s.Play()
}
