package samples

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// Sample is one trace.
type Sample struct {
	Name string
	Data []byte
	Good bool // the verdict that the reference's tests expect
}

func output(name string, args ...string) (string, error) {
	out, err := exec.Command(name, args...).Output()
	return strings.TrimSpace(string(out)), err
}

// glob finds at least one file, in the folder that the Go command prints.
func glob(pattern string, goArgs ...string) ([]string, error) {
	dir, err := output("go", goArgs...)
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("nothing in %s is %s", dir, pattern)
	}
	return files, err
}

func inModule(pattern string) ([]string, error) {
	return glob(filepath.Join("trace", "testdata", pattern), "list", "-m", "-f", "{{.Dir}}", "golang.org/x/exp")
}

// Tests are the text tests.
func Tests() ([]Sample, error) {
	files, err := inModule(filepath.Join("tests", "*.test"))
	if err != nil {
		return nil, err
	}
	var samples []Sample
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		expect, body, ok := strings.Cut(string(text), "-- trace --\n")
		if !ok {
			return nil, fmt.Errorf("no trace in %s", file)
		}
		data, err := Assemble(body)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".test")
		samples = append(samples, Sample{name, data, !strings.Contains(expect, "FAILURE")})
	}
	return samples, nil
}

// Fuzzed are the inputs that fuzzing the reference has found.
func Fuzzed() ([]Sample, error) {
	files, err := inModule(filepath.Join("fuzz", "*", "*"))
	if err != nil {
		return nil, err
	}
	var samples []Sample
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		_, literal, _ := strings.Cut(string(text), "[]byte(")
		data, err := strconv.Unquote(strings.TrimSuffix(strings.TrimSpace(literal), ")"))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		samples = append(samples, Sample{Name: filepath.Base(file), Data: []byte(data)})
	}
	return samples, nil
}

// Old are traces of Go 1.11 to 1.21, which a Go tree has and the module hasn't.
func Old() ([]Sample, error) {
	dir := filepath.Join("src", "internal", "trace", "internal", "tracev1", "testdata")
	files, err := glob(filepath.Join(dir, "*_good"), "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	var samples []Sample
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		samples = append(samples, Sample{filepath.Base(file), data, true})
	}
	return samples, nil
}
