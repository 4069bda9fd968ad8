module schedtop/tests/soak

go 1.21

require schedtop/tests/bench v0.0.0

replace schedtop/tests/bench => ../bench
