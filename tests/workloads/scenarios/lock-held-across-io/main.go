// Eight goroutines ask another service over one connection each in turn, because what guards the table of
// prices is locked while the question is on its way.
package main

import (
	"bufio"
	"fmt"
	"math/rand"
	"net"
	"sync"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

type prices struct {
	mu    sync.Mutex
	known map[int]string
	conn  net.Conn
	in    *bufio.Reader
}

// look asks for what it doesn't know and keeps it, for a while.
func (p *prices) look(item int) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if price, ok := p.known[item]; ok && item%4 != 0 {
		return price
	}
	if _, err := fmt.Fprintf(p.conn, "%d\n", item); err != nil {
		scene.Fail(err)
	}
	price, err := p.in.ReadString('\n')
	if err != nil {
		scene.Fail(err)
	}
	p.known[item] = price
	return price
}

func serve(p *prices, random *rand.Rand) {
	for {
		p.look(random.Intn(1 << 20))
		scene.Compute(100 * time.Microsecond)
	}
}

// answer is the other service: it takes some milliseconds.
func answer(conn net.Conn) {
	for in := bufio.NewReader(conn); ; {
		item, err := in.ReadString('\n')
		if err != nil {
			return
		}
		time.Sleep(3 * time.Millisecond)
		if _, err := fmt.Fprintf(conn, "%d cents for %s", len(item), item); err != nil {
			return
		}
	}
}

func shop() {
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
	if scene.Role() == "shop" {
		shop()
	}
	s := scene.Begin()
	conn, err := net.Dial("tcp", scene.Other("shop", ""))
	if err != nil {
		scene.Fail(err)
	}
	p := &prices{known: map[int]string{}, conn: conn, in: bufio.NewReader(conn)}
	for i := 0; i < 8; i++ {
		go serve(p, s.Random(i))
	}
	s.Play()
}
