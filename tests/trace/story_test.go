package trace_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"schedtop/tests/trace/reference"
)

// of are the lines that tell of the task.
func of(task string, lines []string) []string {
	var its []string
	for _, line := range lines {
		fields := strings.Split(line, " ")
		switch {
		case fields[0] == "region" && fields[3] == task,
			fields[0] == "log" && fields[2] == task,
			fields[0] == "task-spent" && fields[1] == task:
			its = append(its, line)
		}
	}
	return its
}

// A task that is told in full has the regions and logs that the reference sees,
// and where one goroutine works for it, that spent what the task did.
func TestStoriesOfTasks(t *testing.T) {
	const most = 12 // each is a pass of its own
	program := summaryProgram(t)
	workload := build(t, "local")
	file := filepath.Join(t.TempDir(), "tasks")
	run(t, workload, "-o", file, "tasks")
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := reference.Read(f, false).Lines
	told := 0
	for _, line := range lines {
		fields := strings.Split(line, " ")
		if fields[0] != "task" || fields[5] != "ended" || told == most {
			continue
		}
		told++
		id := fields[2]
		got, _ := ours(t, program, file, "--task", id)
		want := of(id, lines)
		if len(of(id, got)) == 0 || !strings.Contains(strings.Join(got, "\n"), "task-spent") {
			// More than one goroutine: what each spent doesn't add up to the task.
			want = without("task-spent ", want)
			got = without("task-spent ", got)
		}
		diff(t, fmt.Sprint("task ", id), append(want, "", ""), append(got, "", ""))
	}
	if told == 0 {
		t.Error("the workload has no tasks that ended")
	}
}

func without(prefix string, lines []string) []string {
	var rest []string
	for _, line := range lines {
		if !strings.HasPrefix(line, prefix) {
			rest = append(rest, line)
		}
	}
	return rest
}
