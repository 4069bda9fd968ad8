// Command hello is a program that does not know of the agent in it.
package main

import (
	"fmt"
	"os"

	_ "schedtop/agent/auto"
)

func main() {
	names, err := os.ReadDir(os.Getenv("SCHEDTOP_DIR"))
	fmt.Println("hello", len(names), err == nil)
}
