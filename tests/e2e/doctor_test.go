package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const exitFound = 10

// finding is what doctor --json says of one thing.
type finding struct {
	Slug, Severity, Title, Summary, Remedy string
	RefutedBy                              string  `json:"refuted_by"`
	Impact                                 float64 `json:"impact_ratio"`
	Measures                               map[string]float64
	Evidence                               []struct {
		Kind, Text string
		Goroutine  uint64
		Begin      *int64 `json:"begin_ns"`
		Stack      []struct {
			Function, File string
			Line           int
		}
	}
}

// diagnose runs doctor --json and returns what it found, and its exit status.
func diagnose(t *testing.T, args ...string) ([]finding, int) {
	t.Helper()
	r := schedtop(t, append([]string{"doctor", "--json"}, args...)...)
	var findings []finding
	if err := json.Unmarshal([]byte(strings.Join(r.stdout, "\n")), &findings); err != nil {
		t.Fatalf("%v: schedtop %v", err, r)
	}
	return findings, r.status
}

func has(findings []finding, slug string) bool {
	for _, f := range findings {
		if f.Slug == slug {
			return true
		}
	}
	return false
}

const secret = "c2b1e0f4a7d84e6f9b3c5d7e1f2a4b6c8d0e2f4a6b8c0d1e"

// recordPatients makes traces of a program that is well, and of one that logs what it was sent, headers and all:
// each in a process of its own, for what the tests do beside it is nothing that a doctor need not mention.
var recordPatients = sync.OnceValues(func() (patients [2][]byte, err error) {
	for i, text := range []string{"order 4711", "Authorization: Bearer " + secret} {
		path := filepath.Join(scratch, "patient-"+itoa(i))
		if err := recordElsewhere(path, text); err != nil {
			return patients, err
		}
		if patients[i], err = os.ReadFile(path); err != nil {
			return patients, err
		}
	}
	return patients, nil
})

func patients(t *testing.T) (well, ill string) {
	t.Helper()
	data, err := recordPatients()
	if err != nil {
		t.Fatal(err)
	}
	return writeFile(t, "well.trace", data[0]), writeFile(t, "ill.trace", data[1])
}

func TestNothingWrongIsAnEmptyListAndExit0(t *testing.T) {
	t.Parallel()
	well, _ := patients(t)
	r := schedtop(t, "doctor", "--json", "--fail-on", "info", well)
	r.expect(t, exitOK)
	if len(r.stdout) != 1 || r.stdout[0] != "[]" || len(r.stderr) > 0 {
		t.Errorf("an empty list and no sentence expected: schedtop %v", r)
	}
	r = schedtop(t, "doctor", well)
	r.expect(t, exitOK)
	mustContain(t, r.stdout[0], well+": no findings")
}

func TestFindingsOfTheSeverityAskedForAreExit10(t *testing.T) {
	t.Parallel()
	_, ill := patients(t)
	for _, c := range []struct {
		severity string
		status   int
	}{{"", exitFound}, {"info", exitFound}, {"warning", exitFound}, {"critical", exitOK}} {
		args := []string{ill}
		if c.severity != "" {
			args = []string{"--fail-on", c.severity, ill}
		}
		findings, status := diagnose(t, args...)
		if status != c.status || !has(findings, "secrets-in-trace") {
			t.Errorf("--fail-on %s: status %d, %v", c.severity, status, findings)
		}
	}
	r := schedtop(t, "doctor", ill)
	r.expect(t, exitFound)
	mustContain(t, r.oneSentence(t), ill, "1 warning")
	mustContain(t, strings.Join(r.stdout, "\n"), "WARNING secrets-in-trace: ", "To do: ", "Refuted by: ")
	if strings.Contains(strings.Join(r.stdout, ""), secret) {
		t.Error("who finds a secret must not tell it")
	}
}

func TestAPartOfATraceIsExaminedAlone(t *testing.T) {
	t.Parallel()
	_, ill := patients(t)
	var logs []int64
	for _, row := range table(t, exported(t, ill, "--format", "csv")) {
		if row["kind"] == "log" {
			logs = append(logs, int64(atoi(t, row["begin_ns"])))
		}
	}
	if len(logs) != 30 {
		t.Fatalf("30 texts expected, there are %d", len(logs))
	}
	from, to := logs[10], logs[20]
	whole, _ := diagnose(t, ill)
	part, status := diagnose(t, "--from", fmt.Sprint(from, "ns"), "--to", fmt.Sprint(to, "ns"), ill)
	if status != exitFound || len(whole) == 0 || len(part) == 0 {
		t.Fatalf("status %d, %v and %v", status, whole, part)
	}
	for _, e := range part[0].Evidence {
		if e.Begin != nil && (*e.Begin < from || *e.Begin > to) {
			t.Errorf("moments count from where the trace begins: %+v", e)
		}
	}
	if all, some := whole[0].Measures["texts_with_secrets"], part[0].Measures["texts_with_secrets"]; some >= all || some == 0 {
		t.Errorf("%v texts in a part, %v in all", some, all)
	}
}

func TestWhatTheDoctorCouldNotReadIsNeverHealthy(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]struct {
		data, slug string
	}{
		"empty":  {"", "trace-empty"},
		"text":   {"hello, world, this is no trace", "trace-truncated"},
		"header": {"go 1.26 trace\x00\x00\x00", "trace-empty"},
		"old":    {"go 1.22 trace\x00\x00\x00", "trace-empty"},
		"future": {"go 1.99 trace\x00\x00\x00", "trace-version"},
	} {
		path := writeFile(t, name, []byte(file.data))
		findings, status := diagnose(t, path)
		if status != exitDamaged || !has(findings, file.slug) {
			t.Errorf("%s: status %d, %v", name, status, findings)
		}
		r := schedtop(t, "doctor", path)
		r.expect(t, exitDamaged)
		mustContain(t, r.oneSentence(t), path)
		mustContain(t, strings.Join(r.stdout, "\n"), "CRITICAL "+file.slug)
	}
}

func TestDoctorOfATornTraceIsExit6AndSaysWhatIsLost(t *testing.T) {
	t.Parallel()
	path := traceFile(t, 10)
	findings, status := diagnose(t, "--fail-on", "critical", path)
	if status != exitDamaged || len(findings) == 0 || findings[0].Slug != "trace-truncated" {
		t.Fatalf("status %d, %v", status, findings)
	}
	f := findings[0]
	if f.Severity != "critical" || f.Measures["lost_bytes"] == 0 || len(f.Evidence) == 0 || f.Remedy == "" ||
		f.RefutedBy == "" || f.Summary == "" || f.Title == "" {
		t.Errorf("a finding has a summary, numbers, evidence, a remedy and what would refute it: %+v", f)
	}
}

func TestDoctorReadsAPipe(t *testing.T) {
	t.Parallel()
	data, err := recordTrace()
	if err != nil {
		t.Fatal(err)
	}
	read := func(data []byte) result {
		cmd := exec.Command(binary, "doctor", "-")
		cmd.Stdin = bytes.NewReader(data)
		return finish(t, start(t, cmd))
	}
	r := read(data)
	if r.status != exitOK && r.status != exitFound {
		t.Errorf("a whole trace is read: schedtop %v", r)
	}
	mustContain(t, r.stdout[0], "standard input: ")
	read(data[:len(data)-10]).expect(t, exitDamaged)
}

func TestSarifIsOneObjectWithItsResults(t *testing.T) {
	t.Parallel()
	path := traceFile(t, 10)
	r := schedtop(t, "doctor", "--sarif", path)
	r.expect(t, exitDamaged)
	var log struct {
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name  string
					Rules []struct{ ID string }
				}
			}
			Results []struct {
				RuleID, Level string
				Message       struct{ Text string }
			}
		}
	}
	if err := json.Unmarshal([]byte(strings.Join(r.stdout, "\n")), &log); err != nil {
		t.Fatalf("%v: schedtop %v", err, r)
	}
	if log.Version != "2.1.0" || len(log.Runs) != 1 || log.Runs[0].Tool.Driver.Name != "schedtop" {
		t.Fatalf("not SARIF: %+v", log)
	}
	run := log.Runs[0]
	if len(run.Results) == 0 || run.Results[0].RuleID != "trace-truncated" || run.Results[0].Level != "error" ||
		run.Results[0].Message.Text == "" || len(run.Tool.Driver.Rules) == 0 {
		t.Errorf("%+v", run)
	}
}

func TestDoctorExplainsWhatItFinds(t *testing.T) {
	t.Parallel()
	r := schedtop(t, "doctor", "--explain", "trace-truncated")
	r.expect(t, exitOK)
	mustContain(t, strings.Join(r.stdout, "\n"), "trace-truncated: ", "To do: ", "Refuted by: ", "Found by: ")
}

func TestWrongLimitsOfTheDoctorAreToldWithTheirPlace(t *testing.T) {
	t.Parallel()
	path := traceFile(t, 0)
	config := writeFile(t, "config", []byte("[doctor]\nstw-long.pause = 2ms\nstw-long.pause = soon\nstw-lang.x = 1\n"))
	for _, c := range []struct {
		args  []string
		wants []string
	}{
		{[]string{"--limit", "stw-long.pause=soon"}, []string{"stw-long.pause takes a time", "not 'soon'"}},
		{[]string{"--limit", "stw-long.paws=1ms"}, []string{"no limit 'stw-long.paws'", "there is stw-long.pause"}},
		{[]string{"--limit", "1ms"}, []string{"--limit takes NAME=VALUE"}},
		{[]string{"--fail-on", "high"}, []string{"--fail-on takes info, warning or critical, not 'high'"}},
		{[]string{"--json", "--sarif"}, []string{"exclude each other"}},
		{[]string{"--explain", "slowness"}, []string{"--explain takes a finding", "not 'slowness'"}},
		{[]string{"--explain", "trace-empty"}, []string{"--explain takes no file"}},
		{[]string{"--goroutine", "1"}, []string{"doctor does not take --goroutine"}},
	} {
		r := schedtop(t, append(append([]string{"doctor"}, c.args...), path)...)
		r.expect(t, exitUsage)
		mustContain(t, r.oneSentence(t), c.wants...)
	}
	r := schedtop(t, "doctor", "--config", config, path)
	if r.status != exitOK && r.status != exitFound {
		t.Errorf("what is wrong in the configuration doesn't keep the rest: schedtop %v", r)
	}
	mustContain(t, strings.Join(r.stderr, "\n"), config+":3: stw-long.pause takes a time", config+":4: there is no limit")
}

func TestAPartBehindTheEndIsNotHealthy(t *testing.T) {
	t.Parallel()
	r := schedtop(t, "doctor", "--from", "10m", traceFile(t, 0))
	r.expect(t, exitFailed)
	mustContain(t, r.oneSentence(t), "the trace is over at that time")
}

// Where the end is lost, nobody knows that the trace was over by then.
func TestAPartBehindALostEndIsDamage(t *testing.T) {
	t.Parallel()
	path := traceFile(t, 10)
	found, status := diagnose(t, "--from", "10m", path)
	if status != exitDamaged || !has(found, "trace-truncated") {
		t.Errorf("status %d, %v", status, found)
	}
	schedtop(t, "doctor", "--from", "10m", path).expect(t, exitDamaged)
}
