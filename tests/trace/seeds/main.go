// Seeds writes small traces into a folder, for the fuzz targets to begin with:
// the reference's samples, and traces of the Go that runs it.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime/trace"

	"schedtop/tests/trace/samples"
)

// Larger ones make fuzzing slow.
const largest = 64 << 10

// traceOfNow traces a little work.
func traceOfNow(file string, work func()) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := trace.Start(f); err != nil {
		return err
	}
	work()
	trace.Stop()
	return f.Close()
}

func run(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, find := range []func() ([]samples.Sample, error){samples.Tests, samples.Fuzzed, samples.Old} {
		all, err := find()
		if err != nil {
			fmt.Println("left out:", err)
		}
		for _, sample := range all {
			if len(sample.Data) > largest {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, sample.Name), sample.Data, 0o600); err != nil {
				return err
			}
		}
	}
	for name, work := range works {
		if err := traceOfNow(filepath.Join(dir, name), work); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: seeds DIR")
	}
	if err := run(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}
