// Bounds prints the bucket boundaries of /sched/latencies:seconds as this Go's runtime has them, in
// nanoseconds, one a line, for tests/unit/test_histogram.c to compare with its own.
package main

import (
	"fmt"
	"math"
	"runtime/metrics"
)

func main() {
	sample := []metrics.Sample{{Name: "/sched/latencies:seconds"}}
	metrics.Read(sample)
	for _, seconds := range sample[0].Value.Float64Histogram().Buckets {
		fmt.Println(math.Round(seconds * 1e9))
	}
}
