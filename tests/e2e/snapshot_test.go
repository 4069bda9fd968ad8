package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// A snapshot is one line of --json; doc/schema.md tells what the keys mean.
type snapshot map[string]any

func parseSnapshots(t *testing.T, text []string) []snapshot {
	t.Helper()
	var all []snapshot
	for _, line := range text {
		if strings.HasPrefix(line, "#") {
			t.Errorf("a comment among the JSON: %q", line)
			continue
		}
		all = append(all, parseSnapshot(t, line))
	}
	return all
}

func parseSnapshot(t *testing.T, line string) snapshot {
	t.Helper()
	var s snapshot
	decoder := json.NewDecoder(strings.NewReader(line))
	decoder.UseNumber() // 64 bits
	if err := decoder.Decode(&s); err != nil {
		t.Fatalf("no JSON: %v in %q", err, line)
	}
	if decoder.More() {
		t.Fatalf("more than one value in %q", line)
	}
	return s
}

// at follows a path of keys; ok is false where it ends early.
func (s snapshot) at(path ...string) (value any, ok bool) {
	value = map[string]any(s)
	for _, key := range path {
		object, isObject := value.(map[string]any)
		if !isObject {
			return nil, false
		}
		if value, ok = object[key]; !ok {
			return nil, false
		}
	}
	return value, true
}

func (s snapshot) number(t *testing.T, path ...string) float64 {
	t.Helper()
	value, ok := s.at(path...)
	if !ok {
		t.Fatalf("%s is unknown in %v", strings.Join(path, "."), s)
	}
	return toFloat(t, value)
}

func toFloat(t *testing.T, value any) float64 {
	t.Helper()
	n, ok := value.(json.Number)
	if !ok {
		t.Fatalf("%v is no number", value)
	}
	f, err := n.Float64()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// trace is the part of the snapshot that schedtrace prints too, in its words.
func (s snapshot) trace() trace {
	var tr trace
	if sched, ok := s.at("sched"); ok {
		tr.sched = toRow(sched)
	}
	tr.p = s.rows("p")
	tr.m = s.rows("m")
	for _, m := range tr.m {
		if _, ok := m["preemptoff"]; !ok {
			m["preemptoff"] = "" // left out when empty
		}
	}
	return tr
}

func (s snapshot) rows(key string) []row {
	var all []row
	list, _ := s.at(key)
	array, _ := list.([]any)
	for _, object := range array {
		all = append(all, toRow(object))
	}
	return all
}

func toRow(object any) row {
	r := row{}
	members, _ := object.(map[string]any)
	for name, value := range members {
		if value == nil {
			r[name] = "nil"
		} else {
			r[name] = fmt.Sprint(value)
		}
	}
	return r
}
