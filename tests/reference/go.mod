module schedtop/tests/reference

go 1.21
