// A service that answers in microseconds, beside reports that are computed in one go on every P: each
// answer waits until the scheduler takes a P away from a report.
package main

import (
	"bufio"
	"math/rand"
	"net"
	"runtime"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

// render computes for half a second without a pause.
func render() {
	for {
		for page := 0; page < 50; page++ {
			scene.Compute(10 * time.Millisecond)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// answer echoes line after line, with a little work for each.
func answer(conn net.Conn) {
	lines := bufio.NewReader(conn)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return // the other side has gone
		}
		scene.Compute(30 * time.Microsecond)
		if _, err := conn.Write([]byte(line)); err != nil {
			return
		}
	}
}

// ask is the other side: it sends a line, waits for the answer and pauses.
func ask(address string, random *rand.Rand) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		scene.Fail(err)
	}
	answers := bufio.NewReader(conn)
	for {
		if _, err := conn.Write([]byte("how much?\n")); err != nil {
			return
		}
		if _, err := answers.ReadString('\n'); err != nil {
			return
		}
		scene.Pause(random, 10*time.Millisecond)
	}
}

func main() {
	if scene.Role() == "clients" {
		for i := 0; i < 12; i++ {
			go ask(scene.Argument(), rand.New(rand.NewSource(int64(i))))
		}
		scene.Hello("up")
	}
	s := scene.Begin()
	runtime.GOMAXPROCS(2)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		scene.Fail(err)
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				scene.Fail(err)
			}
			go answer(conn)
		}
	}()
	scene.Other("clients", listener.Addr().String())
	for i := 0; i < runtime.GOMAXPROCS(0); i++ {
		go render()
	}
	s.Play()
}
