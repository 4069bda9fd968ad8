// Streams over one connection each, as gRPC has them: a goroutine reads frames, one per stream answers
// with a few every now and then, one writes what they queue.
package main

import (
	"bufio"
	"encoding/binary"
	"io"
	"math/rand"
	"net"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

const streams = 10

type frame struct {
	stream uint32
	body   []byte
}

func readFrame(r io.Reader) (frame, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return frame{}, err
	}
	f := frame{stream: binary.BigEndian.Uint32(head[:4]), body: make([]byte, binary.BigEndian.Uint32(head[4:]))}
	_, err := io.ReadFull(r, f.body)
	return f, err
}

func writeFrame(w io.Writer, f frame) error {
	head := binary.BigEndian.AppendUint32(nil, f.stream)
	head = binary.BigEndian.AppendUint32(head, uint32(len(f.body)))
	_, err := w.Write(append(head, f.body...))
	return err
}

// handle answers each frame of one stream with five.
func handle(in <-chan frame, out chan<- frame) {
	for f := range in {
		for i := 0; i < 5; i++ {
			scene.Compute(50 * time.Microsecond)
			out <- frame{f.stream, make([]byte, 200)}
		}
	}
}

func flush(c net.Conn, out <-chan frame) {
	w := bufio.NewWriter(c)
	for f := range out {
		if writeFrame(w, f) != nil {
			return
		}
		if len(out) == 0 && w.Flush() != nil {
			return
		}
	}
}

func serve(c net.Conn) {
	out := make(chan frame, 32)
	go flush(c, out)
	open := map[uint32]chan frame{}
	r := bufio.NewReader(c)
	for {
		f, err := readFrame(r)
		if err != nil {
			return
		}
		if open[f.stream] == nil {
			open[f.stream] = make(chan frame, 4)
			go handle(open[f.stream], out)
		}
		open[f.stream] <- f
	}
}

// client asks on all streams, at random times, and reads the answers.
func client(address string) {
	for i := 0; i < 4; i++ {
		c, err := net.Dial("tcp", address)
		if err != nil {
			scene.Fail(err)
		}
		go func() { _, _ = io.Copy(io.Discard, c) }()
		go func(random *rand.Rand) {
			for {
				scene.Pause(random, 2*time.Millisecond)
				if writeFrame(c, frame{uint32(random.Intn(streams)), make([]byte, 100)}) != nil {
					return
				}
			}
		}(rand.New(rand.NewSource(int64(i))))
	}
	scene.Hello("up")
}

func main() {
	if scene.Role() == "client" {
		client(scene.Argument())
	}
	s := scene.Begin()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		scene.Fail(err)
	}
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				scene.Fail(err)
			}
			go serve(c)
		}
	}()
	scene.Other("client", listener.Addr().String())
	s.Play()
}
