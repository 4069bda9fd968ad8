// Command tiny is the smallest program that has all of the runtime: for tests that look into binaries.
package main

import "time"

func main() {
	println("ready")
	time.Sleep(time.Hour)
}
