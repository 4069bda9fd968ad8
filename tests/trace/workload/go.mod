module schedtop/tests/trace/workload

go 1.18
