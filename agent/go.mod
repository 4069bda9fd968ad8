module schedtop/agent

go 1.21
