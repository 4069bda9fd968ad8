module schedtop/tools/layouts

go 1.21
