// A tool that walks a tree of files and reads them, a few at a time: many short system calls.
package main

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

type found struct {
	sum   uint64
	words int
}

// look counts the words of a file in a buffer that is used again and again.
func look(path string, buffer []byte) (found, error) {
	file, err := os.Open(path)
	if err != nil {
		return found{}, err
	}
	defer file.Close()
	sum := fnv.New64()
	f := found{}
	for inWord := false; ; {
		n, err := file.Read(buffer)
		_, _ = sum.Write(buffer[:n])
		for _, b := range buffer[:n] {
			isLetter := b > ' '
			if isLetter && !inWord {
				f.words++
			}
			inWord = isLetter
		}
		if errors.Is(err, io.EOF) {
			f.sum = sum.Sum64()
			return f, nil
		}
		if err != nil {
			return found{}, err
		}
	}
}

func work(paths <-chan string, out chan<- found) {
	buffer := make([]byte, 4<<10)
	for path := range paths {
		f, err := look(path, buffer)
		if err != nil {
			scene.Fail(err)
		}
		out <- f
	}
}

func grow(dir string) error {
	for i := 0; i < 400; i++ {
		sub := filepath.Join(dir, fmt.Sprint(i%20))
		if err := os.MkdirAll(sub, 0o700); err != nil {
			return err
		}
		text := strings.Repeat(fmt.Sprintln("line", i, "of many words"), 200)
		if err := os.WriteFile(filepath.Join(sub, fmt.Sprint(i)), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func walk(dir string, paths chan<- string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			paths <- path
		}
		return err
	})
}

func main() {
	s := scene.Begin()
	dir := s.Dir()
	if err := grow(dir); err != nil {
		scene.Fail(err)
	}
	paths, out := make(chan string, 16), make(chan found, 16)
	for i := 0; i < 4; i++ {
		go work(paths, out)
	}
	go func() {
		for {
			if err := walk(dir, paths); err != nil {
				scene.Fail(err)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}()
	go func() {
		total := 0
		for f := range out {
			total += f.words
		}
	}()
	s.Play()
}
