package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// --- recordings that are kept for a while ----------------------------------------------------------------

// A file ends when it has an eighth of the bytes that are kept.
const (
	recordingsKept = 4
	recordingBytes = 2 << 20
)

func startRecorder(s *stand) error {
	if err := s.startTarget(s.workload, "-mode", "mixed", "-procs", "64"); err != nil {
		return err
	}
	return s.startLined("-p", s.targetPid(), "--batch", "-d", "50ms", "--record", filepath.Join(s.dir, "recordings")+"/",
		"--log", filepath.Join(s.dir, "logs"), "--keep-files", strconv.Itoa(recordingsKept), "--keep-bytes", strconv.Itoa(recordingBytes))
}

func endRecorder(s *stand) {
	endLines(s)
	for _, kind := range []struct{ name, suffix string }{{"recordings", ".zst"}, {"logs", ".log"}} {
		files, bytes, others := s.filesIn(kind.name, kind.suffix)
		s.promise(files > 0 && files <= recordingsKept && bytes <= recordingBytes && len(others) == 0,
			"no_more_"+kind.name+"_are_kept_than_shall_be", "%d, %d bytes; others: %q", files, bytes, others)
	}
}

// --- lines -------------------------------------------------------------------------------------------------

func startLines(s *stand) error {
	if err := s.startTarget(s.workload, "-mode", "mixed", "-waiting", "20000"); err != nil {
		return err
	}
	return s.startLined("-p", s.targetPid(), "--json", "-d", "50ms")
}

func startAgent(s *stand) error {
	if err := s.startTarget(s.workload, "-mode", "waves", "-waiting", "1000", "-agent"); err != nil {
		return err
	}
	return s.startLined("-p", s.targetPid(), "--json", "-d", "50ms", "--source", "agent")
}

// endLines expects a fifth of what an idle machine would have printed.
func endLines(s *stand) {
	seconds := int(s.looks[len(s.looks)-1].at / time.Second)
	s.promise(s.counts["lines"] > 4*seconds, "snapshots_of_"+s.name+"_kept_coming", "%d in %d s", s.counts["lines"], seconds)
}

// --- the sentinel ------------------------------------------------------------------------------------------

const sentinelRules = `[sentinel]
when = goroutines>40
then = snapshots
then = trace
then = goroutines
then = exec:/bin/true
when = goroutines.created>1
then = sampled
apart = 1s
cooldown = 1s
before = 5s
after = 0s
log = %s
`

const bundlesKept = 3

func startSentinel(s *stand) error {
	if err := s.startTarget(s.workload, sentinelMode...); err != nil {
		return err
	}
	config := filepath.Join(s.dir, "config")
	if err := os.WriteFile(config, []byte(fmt.Sprintf(sentinelRules, s.sentinelLog())), 0o600); err != nil {
		return err
	}
	return s.startQuiet("watch", "-p", s.targetPid(), "--follow", "--config", config, "-d", "100ms", "-s", "1s", "--cooldown", "0",
		"--trace-dir", filepath.Join(s.dir, "bundles"), "--trace-keep", strconv.Itoa(bundlesKept))
}

var sentinelMode = []string{"-mode", "waves", "-agent"}

// workSentinel starts the program anew now and then, which the sentinel goes on with by itself.
func workSentinel(s *stand) error {
	const every = 12 * time.Second
	for time.Until(s.until) > 2*every {
		time.Sleep(every)
		s.counts["restarts"]++
		s.stopTarget()
		if err := s.startTarget(s.workload, sentinelMode...); err != nil {
			return fmt.Errorf("starting it anew: %w", err)
		}
	}
	return s.wait()
}

func (s *stand) sentinelLog() string { return filepath.Join(s.dir, "log") }

func endSentinel(s *stand) {
	log, err := os.ReadFile(s.sentinelLog())
	event := func(name string) int { return strings.Count(string(log), fmt.Sprintf(`"event":"%s"`, name)) }
	s.promise(err == nil && event("saved") > bundlesKept && event("saved") >= event("fired")-1, "bundles_are_made_again_and_again",
		"%d, of %d times that a rule was broken; %d captures, %d not to be had, %d commands", event("saved"), event("fired"),
		event("captured"), event("not-captured"), event("ran"))
	s.promise(event("followed") == s.counts["restarts"], "the_sentinel_goes_on_with_what_is_started_anew", "%d times of %d",
		event("followed"), s.counts["restarts"])
	files, bytes, others := s.filesIn("bundles", ".schedtop")
	s.promise(files > 0 && files <= bundlesKept && len(others) == 0, "no_more_bundles_are_kept_than_shall_be", "%d, %d bytes; others: %q", files, bytes, others)
}
