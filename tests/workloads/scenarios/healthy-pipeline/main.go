// A pipeline whose last stage, which packs what comes, is the slowest: the stages before it wait to
// hand on, which is what a bounded pipeline is for.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"io"
	"math/rand"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

type record struct {
	raw []byte
	sum [sha256.Size]byte
}

// read makes what a source would bring, at the pace of a source.
func read(random *rand.Rand, out chan<- *record) {
	for {
		raw := make([]byte, 16<<10)
		for i := range raw {
			raw[i] = "etaoin shrdlu"[random.Intn(13)]
		}
		out <- &record{raw: raw}
		time.Sleep(500 * time.Microsecond)
	}
}

func sign(in <-chan *record, out chan<- *record) {
	for r := range in {
		r.sum = sha256.Sum256(r.raw)
		out <- r
	}
}

func pack(in <-chan *record, out chan<- []byte) {
	w := gzip.NewWriter(io.Discard)
	for r := range in {
		var packed bytes.Buffer
		w.Reset(&packed)
		_, _ = w.Write(r.raw)
		_, _ = w.Write(r.sum[:])
		_ = w.Close() // a buffer takes everything
		out <- packed.Bytes()
	}
}

func write(in <-chan []byte) {
	for b := range in {
		_, _ = io.Discard.Write(b)
	}
}

func main() {
	s := scene.Begin()
	read1, signed, packed := make(chan *record, 4), make(chan *record, 4), make(chan []byte, 4)
	go read(s.Random(0), read1)
	for i := 0; i < 2; i++ {
		go sign(read1, signed)
		go pack(signed, packed)
	}
	go write(packed)
	s.Play()
}
