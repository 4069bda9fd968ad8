// A server of rooms with a few hundred connections, nearly all of them quiet: what somebody says in a
// room goes to everybody in it.
package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand"
	"net"
	"sync"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

const people, rooms = 300, 10

type room struct {
	mu      sync.RWMutex
	members map[*member]bool
}

type member struct {
	conn   net.Conn
	outbox chan string
}

func (r *room) join(m *member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members[m] = true
}

func (r *room) leave(m *member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.members, m)
}

// say leaves out who doesn't keep up.
func (r *room) say(text string) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for m := range r.members {
		select {
		case m.outbox <- text:
		default:
		}
	}
}

func (m *member) write() {
	for text := range m.outbox {
		if _, err := io.WriteString(m.conn, text); err != nil {
			return
		}
	}
}

func (m *member) read(r *room) {
	lines := bufio.NewReader(m.conn)
	for {
		text, err := lines.ReadString('\n')
		if err != nil {
			r.leave(m)
			return
		}
		r.say(text)
	}
}

// guests is the other side.
func guests(address string) {
	for i := 0; i < people; i++ {
		c, err := net.Dial("tcp", address)
		if err != nil {
			scene.Fail(err)
		}
		go func() { _, _ = io.Copy(io.Discard, c) }()
		go func(random *rand.Rand) {
			for {
				scene.Pause(random, 5*time.Second)
				if _, err := fmt.Fprintln(c, "hello", random.Intn(100)); err != nil {
					return
				}
			}
		}(rand.New(rand.NewSource(int64(i))))
	}
	scene.Hello("up")
}

func main() {
	if scene.Role() == "guests" {
		guests(scene.Argument())
	}
	s := scene.Begin()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		scene.Fail(err)
	}
	var all [rooms]room
	for i := range all {
		all[i].members = make(map[*member]bool)
	}
	go func() {
		for i := 0; ; i++ {
			c, err := listener.Accept()
			if err != nil {
				scene.Fail(err)
			}
			m := &member{c, make(chan string, 16)}
			r := &all[i%rooms]
			r.join(m)
			go m.write()
			go m.read(r)
		}
	}()
	scene.Other("guests", listener.Addr().String())
	s.Play()
}
