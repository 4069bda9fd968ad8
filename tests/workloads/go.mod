module schedtop/tests/workloads

go 1.21

require schedtop/agent v0.0.0

replace schedtop/agent => ../../agent
