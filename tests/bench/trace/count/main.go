// Count reads a trace with Go's own reader and does nothing but count its
// events: the least that anything built on it can cost.
package main

import (
	"fmt"
	"io"
	"log"
	"os"

	"golang.org/x/exp/trace"
)

func main() {
	f, err := os.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	r, err := trace.NewReader(f)
	if err != nil {
		log.Fatal(err)
	}
	n := 0
	for ; ; n++ {
		if _, err := r.ReadEvent(); err == io.EOF {
			break
		} else if err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(n)
}
