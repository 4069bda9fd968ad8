module schedtop/tests/bench

go 1.21
