module schedtop/tests/bench/trace/gotraceui

go 1.26.0

require honnef.co/go/gotraceui v0.4.0

require golang.org/x/exp v0.0.0-20230905200255-921286631fa9 // indirect
