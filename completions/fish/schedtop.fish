# Completion of schedtop for fish. What it knows of commands and options stands between the two marks and comes
# from the program (tools/completions); the rest asks only for the Go processes that run.

# The command on the line, "-" where there is none yet; "--" where a program to start follows.
function __schedtop_command
    set -l words (commandline -opc)
    set -l skip
    for word in $words[2..-1]
        if test -n "$skip"
            set skip
        else if test "$word" = --
            echo --
            return
        else if contains -- $word $__schedtop_valued
            set skip 1
        else if not string match -q -- '-*' $word
            echo $word
            return
        end
    end
    echo -
end

# Is the command one of these?
function __schedtop_with
    contains -- (__schedtop_command) $argv
end

function __schedtop_pids
    set -l words (commandline -opc)
    $words[1] ls --plain 2>/dev/null | string replace -r '^(\d+)\t([^\t]*)\t([^\t]*)\t(.*)$' '$1\t$2, $3, of $4'
end

# Folders and files with these suffixes; all files where there are none.
function __schedtop_files
    set -l all (__fish_complete_path (commandline -ct))
    set -l found (string match -r -- '^[^\t]*(?:/|\.(?:'(string join '|' $argv)'))(?:\t.*)?$' $all)
    if test (count $argv) -gt 0 -a (count $found) -gt 0
        string join \n $found
    else
        string join \n $all
    end
end

function __schedtop_themes
    set -l folder $HOME/.config
    set -q XDG_CONFIG_HOME; and set folder $XDG_CONFIG_HOME
    for path in $folder/schedtop/themes/*.theme
        string replace -r '^.*/(.*)\.theme$' '$1' $path
    end
end

# Words with commas between: what is there already, and one more.
function __schedtop_list
    set -l before (string match -r '^.*,' -- (commandline -ct))
    printf '%s\n' "$before"$argv
end

complete -c schedtop -f
complete -c schedtop -n '__schedtop_with --' -a '(__fish_complete_subcommand --fcs-skip=2)'

# begin generated: tools/completions replaces these lines
set -g __schedtop_valued -p --pid --url --listen --stderr -d --delay -n --iterations --source --schedtrace -s --seconds --cooldown --capture-bytes -o --output --trace-dir --trace-keep --trace-bytes --kind --from --to --goroutine --task --trace-id --by --fail-on --limit --sentinel --then --for --explain --format --color --theme --graphs --clipboard --ca-file --record --log --keep-files --keep-bytes --replay --speed --prometheus --match --config
complete -c schedtop -n '__schedtop_with -' -a ls -d 'list the Go processes of this machine'
complete -c schedtop -n '__schedtop_with -' -a capture -d 'take an execution trace, without a screen'
complete -c schedtop -n '__schedtop_with -' -a watch -d 'wait for a --sentinel rule to be broken, without a screen'
complete -c schedtop -n '__schedtop_with -' -a stat -d 'what an execution trace tells, as text or with --json'
complete -c schedtop -n '__schedtop_with -' -a check -d 'tell whether an execution trace is whole'
complete -c schedtop -n '__schedtop_with -' -a diff -d 'what changed between two traces, or two directories of them'
complete -c schedtop -n '__schedtop_with -' -a doctor -d 'what is wrong, with the evidence, from an execution trace'
complete -c schedtop -n '__schedtop_with -' -a trace -d 'browse an execution trace'
complete -c schedtop -n '__schedtop_with -' -a profile -d 'make a profile for pprof of an execution trace'
complete -c schedtop -n '__schedtop_with -' -a export -d 'an execution trace for Perfetto, Chrome or a table'
complete -c schedtop -n '__schedtop_with -' -a agent -d 'write the agent into a Go module that doesn\'t have it'
complete -c schedtop -n '__schedtop_with -' -a export-metrics -d 'serve what is known of a process to Prometheus'
complete -c schedtop -n '__schedtop_with - capture watch doctor export-metrics' -s p -l pid -x -a '(__schedtop_pids)' -d 'the Go process to watch'
complete -c schedtop -n '__schedtop_with - capture watch doctor' -l url -x -d 'a Go program that serves net/http/pprof'
complete -c schedtop -n '__schedtop_with export-metrics' -l listen -x -d 'where to serve them'
complete -c schedtop -n '__schedtop_with -' -l stderr -x -a '(__schedtop_files)' -d 'the file for what it prints'
complete -c schedtop -n '__schedtop_with - watch doctor export-metrics' -s d -l delay -x -d 'time between snapshots'
complete -c schedtop -n '__schedtop_with -' -s n -l iterations -x -d 'end after N snapshots'
complete -c schedtop -n '__schedtop_with - watch doctor export-metrics' -l source -x -a 'auto memory agent schedtrace pprof' -d 'where the numbers come from'
complete -c schedtop -n '__schedtop_with -' -l schedtrace -x -a '(__schedtop_files log txt err)' -d 'watch a program by what it printed with GODEBUG=schedtrace=N, among'
complete -c schedtop -n '__schedtop_with - watch' -l follow -d 'go on with what is written to it later'
complete -c schedtop -n '__schedtop_with -' -s b -l batch -d 'print snapshots as the runtime\'s schedtrace does, one line each'
complete -c schedtop -n '__schedtop_with -' -l detail -d 'every P and M too, as scheddetail=1 does'
complete -c schedtop -n '__schedtop_with - ls stat check diff doctor' -s j -l json -d 'print snapshots as JSON, one object a line'
complete -c schedtop -n '__schedtop_with doctor' -l sarif -d 'the findings as SARIF 2.1.0, for what shows warnings beside the code'
complete -c schedtop -n '__schedtop_with ls' -s v -l verbose -d 'how the runtime of each process was found, or why its memory can\'t be'
complete -c schedtop -n '__schedtop_with ls' -l plain -d 'a line for each process with its PID, program, Go version and user'
complete -c schedtop -n '__schedtop_with - capture watch' -s s -l seconds -x -d 'how long a trace is taken, in whole seconds from 1s to 30s'
complete -c schedtop -n '__schedtop_with capture' -l flight -d 'what has been, from the flight recorder of the program\'s agent'
complete -c schedtop -n '__schedtop_with capture' -l goroutines -d 'where all goroutines stand, as text, in place of a trace'
complete -c schedtop -n '__schedtop_with capture' -l sampled -d 'a trace put together from looks at the memory, a thousand a second, of'
complete -c schedtop -n '__schedtop_with capture' -l automatic -d 'no person asks for it, so leave a pause of --cooldown after the last'
complete -c schedtop -n '__schedtop_with - capture watch' -l cooldown -x -d 'the pause before an automatic capture'
complete -c schedtop -n '__schedtop_with - capture watch' -l capture-bytes -x -d 'what one capture may have'
complete -c schedtop -n '__schedtop_with capture profile export' -s o -l output -x -a '(__schedtop_files)' -d 'the file to write, or - for standard output'
complete -c schedtop -n '__schedtop_with - capture watch' -l trace-dir -x -a '(__fish_complete_directories)' -d 'the directory of traces'
complete -c schedtop -n '__schedtop_with - capture watch' -l trace-keep -x -d 'keep the newest N traces there'
complete -c schedtop -n '__schedtop_with - capture watch' -l trace-bytes -x -d 'and no more than 500MB, 2GiB or the like of them'
complete -c schedtop -n '__schedtop_with stat' -l kind -x -a '(__schedtop_list health utilization goroutines waits blocked gc tasks samples)' -d 'these parts alone, of health, utilization, goroutines, waits, blocked'
complete -c schedtop -n '__schedtop_with profile export' -l kind -x -a '(__schedtop_list net sync syscall sched cpu blocked)' -d 'net, sync, syscall or sched, as go tool trace -pprof has them, cpu'
complete -c schedtop -n '__schedtop_with profile export' -l still-blocked -d 'count what had not ended when the trace did, too'
complete -c schedtop -n '__schedtop_with stat diff doctor trace profile export' -l from -x -d 'count from this moment on, as time since the trace began'
complete -c schedtop -n '__schedtop_with stat diff doctor trace profile export' -l to -x -d 'count up to this moment'
complete -c schedtop -n '__schedtop_with stat diff trace profile export' -l goroutine -x -d 'this goroutine alone'
complete -c schedtop -n '__schedtop_with stat diff trace profile export' -l task -x -d 'of the tasks, the one with this ID, or those of this type'
complete -c schedtop -n '__schedtop_with stat diff trace profile export' -l trace-id -x -d 'the same of the tasks whose log carries this OpenTelemetry ID'
complete -c schedtop -n '__schedtop_with diff' -l by -x -a '(__schedtop_list region task start site)' -d 'compare these alone, of region, task, start'
complete -c schedtop -n '__schedtop_with diff' -l fail-on -x -a 'region: task: start: site:' -d 'end with status 10 where a change goes beyond this and exceeds the'
complete -c schedtop -n '__schedtop_with doctor' -l fail-on -x -a 'info warning critical' -d 'where there is a finding of this severity or above'
complete -c schedtop -n '__schedtop_with - watch doctor trace' -l limit -x -a 'mutex-serialization.alone= mutex-serialization.waiters= mutex-serialization.impact= mutex-serialization.waited= lock-held-across-io.share= lock-held-across-io.waited= lock-held-across-io.impact= serial-bottleneck.alone= serial-bottleneck.waiters= channel-send-stuck.goroutines= channel-send-stuck.age= channel-send-stuck.time= deadlock-cycle.share= deadlock-cycle.handlers= deadlock-cycle.time= serial-io.share= serial-io.saved= serial-io.requests= serial-io.impact= pool-saturation.share= pool-saturation.wait= pool-saturation.requests= pool-saturation.impact= slow-dependency.share= slow-dependency.wait= slow-dependency.waited= slow-dependency.requests= slow-dependency.impact= slow-request-outlier.burst= slow-request-outlier.times= network-wait.share= network-wait.wait= network-wait.requests= cpu-bound-hot-loop.burst= cpu-saturation.wait= gomaxprocs-mismatch.ratio= gomaxprocs-mismatch.throttled= runnable-oversubscription.per-p= busy-poll.rate= cgo-blocking.call= syscall-blocking.call= gc-pressure.cpu= gc-pressure.grave= gc-pressure.cores= gc-pressure.cycles= gc-pressure.rate= gc-pressure.heap= alloc-heavy.assist= alloc-heavy.grave= alloc-heavy.grave-ps= alloc-heavy.least= alloc-heavy.assists= alloc-heavy.counted= stw-long.pause= stw-long.count= stw-long.share= stw-long.holdup= stw-frequent.rate= stw-frequent.forced= stw-frequent.count= stw-frequent.share= trace-io-slow.blocked= trace-io-slow.least= flight-window-short.share= goroutine-growth.goroutines= goroutine-growth.time= heap-growth.ratio= heap-growth.bytes= heap-growth.time= rss-retained.ratio= rss-retained.bytes= rss-retained.time= timer-leak.timers= timer-leak.time= thread-growth.time= thread-growth.threads= always-on-tracing.time= task-empty.tasks= task-empty.share= task-empty.duration= task-never-ended.tasks= task-never-ended.age= task-reused.times= region-unclosed.regions= region-cross-goroutine.regions= region-out-of-order.regions= annotation-overhead.rate= annotation-overhead.median= annotation-overhead.share= context-lost.regions= context-lost.share=' -d 'from where on something is a finding, such as stw-long.pause=2ms'
complete -c schedtop -n '__schedtop_with - watch' -l sentinel -x -a '"sched.p50>" "sched.p90>" "sched.p99>" "sched.max>" "idle>" "busy>" "busy.max>" "busy.min>" "queue>" "queue.global>" "queue.max>" "gomaxprocs>" "goroutines>" "goroutines.created>" "goroutines.runnable>" "goroutines.waiting>" "mutex.waiters>" "threads>" "threads.running>" "threads.syscall>" "threads.cgo>" "threads.spinning>" "threads.locked>" "threads.idle>" "gc.pause.p50>" "gc.pause.p90>" "gc.pause.p99>" "gc.pause.max>" "gc.stopping.p50>" "gc.stopping.p90>" "gc.stopping.p99>" "gc.stopping.max>" "stw.pause.p50>" "stw.pause.p90>" "stw.pause.p99>" "stw.pause.max>" "stw.stopping.p50>" "stw.stopping.p90>" "stw.stopping.p99>" "stw.stopping.max>" "gc.cycles>" "gc.forced>" "alloc.bytes>" "alloc.objects>" "heap.objects>" "heap.live>" "heap.goal>" "memory>" "rss>" "cpu>" "cgo.calls>" "throttled>" finding:channel-send-stuck finding:deadlock-cycle finding:slow-dependency finding:cpu-saturation finding:gomaxprocs-mismatch finding:gc-pressure finding:stw-long finding:goroutine-growth finding:heap-growth finding:rss-retained finding:timer-leak finding:thread-growth finding:always-on-tracing finding:pprof-exposed finding:any none' -d 'act when RULE is broken, such as \'sched.p99>50ms for 5s\' or'
complete -c schedtop -n '__schedtop_with - watch' -l then -x -a 'snapshots trace flight goroutines sampled exec:' -d 'what to put into the bundle then, of the rule before it'
complete -c schedtop -n '__schedtop_with watch' -l list -d 'the metrics that a rule can be about'
complete -c schedtop -n '__schedtop_with doctor' -l for -x -d 'how long to watch'
complete -c schedtop -n '__schedtop_with doctor' -l probe -d 'ask the addresses on which the process listens for /debug/pprof/, too'
complete -c schedtop -n '__schedtop_with doctor' -l explain -x -a 'trace-truncated trace-empty trace-version mutex-serialization lock-held-across-io serial-bottleneck channel-send-stuck deadlock-cycle serial-io pool-saturation slow-dependency slow-request-outlier network-wait cpu-bound-hot-loop cpu-saturation gomaxprocs-mismatch runnable-oversubscription busy-poll cgo-blocking syscall-blocking gc-pressure alloc-heavy stw-long stw-frequent trace-io-slow flight-window-short goroutine-growth heap-growth rss-retained timer-leak thread-growth always-on-tracing pprof-exposed task-empty task-never-ended task-reused region-unclosed region-cross-goroutine region-out-of-order annotation-overhead context-lost secrets-in-trace' -d 'what this finding means, what to do, and how it is found'
complete -c schedtop -n '__schedtop_with diff' -l markdown -d 'for a comment on a pull request'
complete -c schedtop -n '__schedtop_with export' -l format -x -a 'perfetto chrome folded json csv' -d 'the form of the file'
complete -c schedtop -n '__schedtop_with export' -l redact -f -a 'none secrets all' -d 'without what looks like a secret in logs and names of tasks and'
complete -c schedtop -n '__schedtop_with check' -l strict -d 'judge as Go\'s own reader does, which repairs nothing'
complete -c schedtop -n '__schedtop_with - trace' -l color -x -a 'auto always never' -d 'colours on the screen'
complete -c schedtop -n '__schedtop_with - trace' -l theme -x -a '(__schedtop_themes) colour-blind-safe dark high-contrast light mono' -d 'what they look like'
complete -c schedtop -n '__schedtop_with - stat check diff doctor trace' -l ascii -d 'draw with ASCII characters alone'
complete -c schedtop -n '__schedtop_with - trace' -l graphs -x -a 'braille blocks' -d 'what sparklines and charts are made of, where they are not ASCII'
complete -c schedtop -n '__schedtop_with - trace' -l clipboard -x -a 'on off' -d 'whether y may write to the clipboard of the terminal, by OSC 52'
complete -c schedtop -n '__schedtop_with - capture watch doctor' -l ca-file -x -a '(__schedtop_files pem crt cer)' -d 'trust the certificates in FILE, in PEM form'
complete -c schedtop -n '__schedtop_with - capture watch doctor' -l insecure -d 'trust every certificate'
complete -c schedtop -n '__schedtop_with -' -l record -x -a '(__schedtop_files zst ndjson json jsonl)' -d 'write every snapshot to FILE as well, packed for --replay and zstdcat'
complete -c schedtop -n '__schedtop_with -' -l log -x -a '(__fish_complete_directories)' -d 'write every snapshot as schedtrace text into files of an hour in DIR'
complete -c schedtop -n '__schedtop_with -' -l keep-files -x -d 'keep the newest N files there'
complete -c schedtop -n '__schedtop_with -' -l keep-bytes -x -d 'and no more than 500MB, 2GiB or the like of them'
complete -c schedtop -n '__schedtop_with - doctor' -l replay -x -a '(__schedtop_files zst ndjson json jsonl schedtop)' -d 'show a recording as if it were live, also a directory of them, with'
complete -c schedtop -n '__schedtop_with -' -l speed -x -d 'play at N times its pace, 0.1 to 100, or max'
complete -c schedtop -n '__schedtop_with -' -l prometheus -x -d 'show a fleet'
complete -c schedtop -n '__schedtop_with -' -l match -x -d 'only instances with these labels, such as \'{job="api"}\''
complete -c schedtop -n '__schedtop_with - ls capture watch stat check diff doctor trace profile export agent export-metrics' -l config -x -a '(__schedtop_files)' -d 'read settings from FILE alone, not from the usual files'
complete -c schedtop -n '__schedtop_with - ls capture watch stat check diff doctor trace profile export agent export-metrics' -s V -l version -d 'print the version and exit'
complete -c schedtop -n '__schedtop_with - ls capture watch stat check diff doctor trace profile export agent export-metrics' -s h -l help -d 'print this and exit'
complete -c schedtop -n '__schedtop_with stat check diff doctor trace profile export' -a '(__schedtop_files trace out gz zst schedtop tar)'
complete -c schedtop -n '__schedtop_with agent' -a 'add overlay (__fish_complete_directories)'
# end generated
