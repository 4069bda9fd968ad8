# Counts the tests in a log of ./check, whatever ran them, and never believes that silence is success.
#
# A log is a row of blocks, each holding one program's output:
#	## run KIND NAME        KIND: tap (cmocka and our scripts), go (go test -v), exit (its status is the test)
#	## end STATUS
# Printed: "fail NAME" and "skip NAME: REASON" lines, then "total PASSED FAILED SKIPPED".

function finish_test(verdict, name, reason) {
	if (verdict == "skip")
		print "skip " name ": " (reason == "" ? "no reason given" : reason)
	else if (verdict == "fail")
		print "fail " name
	total[verdict]++
	block[verdict]++
}

# The reason of a skip, when its line has none, is what the test printed last.
function remember(line) {
	sub(/^[ \t#]+/, "", line)
	sub(/^[a-z0-9_]+\.go:[0-9]+: /, "", line)
	said = line
}

function begin_block(    i) {
	kind = $3
	program = $0
	sub(/^## run [a-z]+ /, "", program)
	plan = -1
	results = 0
	said = ""
	inside = 1
	split("", block)
	split("", started)
}

# What a program that died, stopped early or never reported must not hide.
function end_block(status,    name) {
	if (kind == "exit") {
		finish_test(status == 0 ? "pass" : "fail", program)
	} else if (kind == "tap") {
		if (plan < 0)
			finish_test("fail", program ": it ended without a plan (status " status ")")
		else if (results != plan)
			finish_test("fail", program ": " results " of " plan " tests reported (status " status ")")
		else if (status != 0 && !block["fail"])
			finish_test("fail", program ": every test passed, yet its status was " status)
	} else {
		for (name in started)
			finish_test("fail", name ": it began and never reported")
		if (status != 0 && !block["fail"])
			finish_test("fail", program ": status " status)
		else if (!results && !block["fail"])
			finish_test("fail", program ": no test ran")
	}
	inside = 0
}

/^## run / { if (inside) end_block("unknown"); begin_block(); next }
/^## end / { end_block($3); next }
!inside { next }

kind == "tap" && /^1\.\.[0-9]+/ {
	plan = substr($1, 4) + 0
	if (plan == 0)
		finish_test("skip", program, substr($0, index($0, "#") ? index($0, "#") + 1 : length($0) + 1))
	next
}

# cmocka 1.1.5 writes a skipped test as "not ok N # SKIP NAME".
kind == "tap" && /^(not )?ok( |$)/ {
	results++
	name = $0
	sub(/^(not )?ok *[0-9]* *(- *)?/, "", name)
	if (match(name, /# SKIP */)) {
		reason = substr(name, RSTART + RLENGTH)
		name = substr(name, 1, RSTART - 1)
		sub(/ *$/, "", name)
		if (name == "") {
			name = reason
			reason = said
		}
		finish_test("skip", program ": " name, reason)
	} else {
		finish_test(/^not/ ? "fail" : "pass", program ": " name)
	}
	said = ""
	next
}

kind == "go" && /^=== RUN / { started[$3] = 1; said = ""; next }
kind == "go" && /^=== / { next }
kind == "go" && /^ *--- (PASS|FAIL|SKIP): / {
	results++
	delete started[$3]
	finish_test(tolower(substr($2, 1, 4)), $3, said)
	said = ""
	next
}
# A package that did not compile, or whose program died.
kind == "go" && /^FAIL[ \t]+[^ \t]+[ \t]+\[/ { finish_test("fail", $2 ": " $3 " " $4); next }

{ remember($0) }

END {
	if (inside)
		end_block("unknown")
	printf "total %d %d %d\n", total["pass"], total["fail"], total["skip"]
}
