module schedtop/tests/trace/callbacks

go 1.22
