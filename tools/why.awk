# Shows why a suite failed: of a log as tools/tally.awk describes it, the end of each block that failed, and of a
# block of Go tests what each failed test said.

BEGIN {
	END_LINES = 15  # of a failed program
	TEST_LINES = 12 # before a failed Go test
	MOST = 80
}

function show(text) {
	if (shown++ < MOST)
		print substr(text, 1, 300)
}

function show_tail(count,    i) {
	for (i = lines > count ? lines - count + 1 : 1; i <= lines; i++)
		show(line[i])
}

function end_block(status) {
	if (status != "0" || failed) {
		show("-- " program)
		show_tail(kind == "go" && failed ? 3 : END_LINES)
	}
	inside = 0
}

/^## run / {
	if (inside)
		end_block("unknown")
	kind = $3
	program = $0
	sub(/^## run [a-z]+ /, "", program)
	lines = failed = 0
	inside = 1
	next
}
/^## end / { end_block($3); next }
!inside || /^[ \t]*$/ { next }
{ line[++lines] = $0 }
kind == "tap" && /^not ok/ && !/# SKIP/ { failed++ }
kind == "go" && /^ *--- FAIL: / {
	failed++
	show_tail(TEST_LINES)
	lines = 0
}

END {
	if (inside)
		end_block("unknown")
	if (shown > MOST)
		print "... " shown - MOST " lines more"
}
