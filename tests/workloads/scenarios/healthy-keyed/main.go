// Sixteen sessions with another service. Each has a connection of its own, which two goroutines use, one at
// a time: nobody is held up but the other of the same session.
package main

import (
	"math/rand"
	"net"
	"sync"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

type session struct {
	mu   sync.Mutex
	conn net.Conn
}

func (s *session) ask(question []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.conn.Write(question); err != nil {
		scene.Fail(err)
	}
	if _, err := s.conn.Read(question); err != nil {
		scene.Fail(err)
	}
}

func use(s *session, random *rand.Rand) {
	for question := make([]byte, 1); ; {
		s.ask(question)
		scene.Pause(random, 2*time.Millisecond)
	}
}

// answer is the other side's work for one connection.
func answer(conn net.Conn) {
	for question := make([]byte, 1); ; {
		if _, err := conn.Read(question); err != nil {
			return
		}
		time.Sleep(5 * time.Millisecond)
		if _, err := conn.Write(question); err != nil {
			return
		}
	}
}

func other() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		scene.Fail(err)
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go answer(conn)
		}
	}()
	scene.Hello(listener.Addr().String())
}

func main() {
	if scene.Role() == "other" {
		other()
	}
	s := scene.Begin()
	address := scene.Other("other", "")
	for i := 0; i < 16; i++ {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			scene.Fail(err)
		}
		one := &session{conn: conn}
		go use(one, s.Random(2*i))
		go use(one, s.Random(2*i+1))
	}
	s.Play()
}
