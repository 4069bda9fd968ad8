module schedtop/tests/bench/diff

go 1.21
