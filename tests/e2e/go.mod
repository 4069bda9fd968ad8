module schedtop/tests/e2e

go 1.26.0

require golang.org/x/exp v0.0.0-20261014143641-f0251eb4aa3e

require (
	github.com/hanwen/go-fuse/v2 v2.12.1
	golang.org/x/sys v0.28.0 // indirect
)
