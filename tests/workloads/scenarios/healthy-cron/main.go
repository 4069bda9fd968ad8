// What a timer starts now and then: a job of several steps that writes a file, reads it again, and
// sleeps until its next turn, in a task each.
package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"runtime/trace"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

func collect(ctx context.Context, random *rand.Rand) []byte {
	defer trace.StartRegion(ctx, "collect").End()
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	for i := 0; i < 500; i++ {
		_ = w.Write([]string{fmt.Sprint(i), fmt.Sprint(random.Intn(1000))})
	}
	w.Flush()
	return out.Bytes()
}

func turn(path string, random *rand.Rand) {
	ctx, task := trace.NewTask(context.Background(), "turn")
	defer task.End()
	data := collect(ctx, random)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		scene.Fail(err)
	}
	again, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(data, again) {
		scene.Fail(fmt.Errorf("what was written isn't read: %w", err))
	}
	trace.Logf(ctx, "turn", "%d bytes", len(again))
}

func main() {
	s := scene.Begin()
	dir := s.Dir()
	for i := 0; i < 3; i++ {
		go func(path string, random *rand.Rand) {
			for {
				turn(path, random)
				scene.Pause(random, 150*time.Millisecond)
			}
		}(filepath.Join(dir, fmt.Sprint(i)), s.Random(i))
	}
	s.Play()
}
