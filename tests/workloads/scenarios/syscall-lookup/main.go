// Requests that look a name up with a server of names that needs long for an answer.
package main

import (
	"context"
	"math/rand"
	"net"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

// server answers each question after a while, that there is no such name.
func server(conn net.PacketConn) {
	for {
		question := make([]byte, 512)
		n, from, err := conn.ReadFrom(question)
		if err != nil {
			scene.Fail(err)
		}
		if n < 12 {
			continue
		}
		answer := question[:n]
		answer[2] |= 0x80                        // an answer
		answer[3] = answer[3]&0xf0 | 0x03 | 0x80 // no such name; recursion available
		time.AfterFunc(140*time.Millisecond, func() {
			_, _ = conn.WriteTo(answer, from) // who asked may have given up
		})
	}
}

func serve(resolver *net.Resolver, random *rand.Rand) {
	for {
		_, _ = resolver.LookupHost(context.Background(), "shop.example.")
		scene.Compute(100 * time.Microsecond)
		scene.Pause(random, 20*time.Millisecond)
	}
}

func main() {
	if scene.Role() == "names" {
		conn, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			scene.Fail(err)
		}
		go server(conn)
		scene.Hello(conn.LocalAddr().String())
	}
	s := scene.Begin()
	address := scene.Other("names", "")
	for i := 0; i < 4; i++ {
		// A resolver each: one resolver asks but once for what several want to know.
		resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "udp", address)
		}}
		go serve(resolver, s.Random(i))
	}
	s.Play()
}
