//go:build !go1.25

package main

import (
	"errors"

	"schedtop/tests/workloads/internal/scene"
)

func main() {
	scene.Fail(errors.New("the flight recorder of the standard library came with Go 1.25"))
}
