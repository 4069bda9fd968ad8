// Table makes Markdown of the rows that the drivers of tests/bench have handed on, with
// the machine above it: a table of all of them below headings, and a short one that has
// the worst of each kind. It puts them between two lines of a document each, where it is
// told to. tests/bench/all calls it.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"schedtop/tests/bench/rows"
)

// A table stands between these lines.
const (
	begin = "<!-- performance: begin -->"
	end   = "<!-- performance: end -->"
)

// processor is its name, as the kernel tells it.
func processor() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	for _, line := range strings.Split(string(info), "\n") {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return " (" + strings.TrimSpace(value) + ")"
		}
	}
	return ""
}

// machine is what all of it was measured on.
func machine() string {
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	release, _, _ := strings.Cut(strings.TrimSpace(string(kernel)), "-")
	version := runtime.Version()
	if out, err := exec.Command("go", "env", "GOVERSION").Output(); err == nil {
		version = strings.TrimSpace(string(out))
	}
	load, _ := os.ReadFile("/proc/loadavg")
	minutes, _, _ := strings.Cut(string(load), " ")
	return fmt.Sprintf("%d CPUs%s, Linux %s, %s, %s, load average %s at its end.", runtime.NumCPU(), processor(), release,
		version, time.Now().UTC().Format(time.DateOnly), minutes)
}

// replace puts a text between the two lines of a document.
func replace(document, text string) (string, error) {
	before, rest, ok := strings.Cut(document, begin+"\n")
	_, after, too := strings.Cut(rest, end)
	if !ok || !too {
		return "", fmt.Errorf("it has no lines %s and %s", begin, end)
	}
	return before + begin + "\n" + text + end + after, nil
}

// put changes what stands between the two lines of a document.
func put(path, text string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	changed, err := replace(string(old), text)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, []byte(changed), 0o644)
}

func main() {
	log.SetFlags(0)
	file := flag.String("rows", "", "the `file` that the drivers have written")
	document := flag.String("document", "", "put all of it into this `file`, too")
	summary := flag.String("summary", "", "put the short table into this `file`")
	flag.Parse()
	read, err := rows.Read(*file)
	if err != nil {
		log.Fatal(err)
	}
	all, err := full(read)
	if err != nil {
		log.Fatal(err)
	}
	where := machine() + "\n\n"
	fmt.Print(where + all)
	if *document != "" {
		if err := put(*document, where+all); err != nil {
			log.Fatal(err)
		}
	}
	if *summary != "" {
		few, err := short(read)
		if err == nil {
			err = put(*summary, where+few)
		}
		if err != nil {
			log.Fatal(err)
		}
	}
}
