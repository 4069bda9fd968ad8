module schedtop/tests/doctor

go 1.22
