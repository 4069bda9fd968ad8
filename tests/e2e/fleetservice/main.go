// Fleetservice is a Go program as a metrics server scrapes them: client_golang's collectors at /metrics,
// net/http/pprof beside them, and some work to do. With -native the latencies of the scheduler are a native
// histogram, as those of programs that made one of them are; else classic buckets.
package main

import (
	"flag"
	"fmt"
	"log"
	"math"
	"net"
	"net/http"
	_ "net/http/pprof"
	"runtime"
	"runtime/metrics"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const latencies = "/sched/latencies:seconds"

// schema says that buckets of the native histogram grow by 2^(1/4).
const schema = 2

// native tells the runtime's histogram of latencies as a native one. Sums are not told by the runtime.
type native struct{ desc *prometheus.Desc }

func (n native) Describe(to chan<- *prometheus.Desc) { to <- n.desc }

func (n native) Collect(to chan<- prometheus.Metric) {
	sample := []metrics.Sample{{Name: latencies}}
	metrics.Read(sample)
	h := sample[0].Value.Float64Histogram()
	var count, zero uint64
	buckets := map[int]int64{}
	for i, events := range h.Counts {
		if events == 0 {
			continue
		}
		count += events
		if end := h.Buckets[i+1]; end <= 0 {
			zero += events
		} else if math.IsInf(end, 1) {
			buckets[index(h.Buckets[i])+1] += int64(events)
		} else {
			buckets[index(end)] += int64(events)
		}
	}
	m, err := prometheus.NewConstNativeHistogram(n.desc, count, 0, buckets, nil, zero, schema, 0, time.Now())
	if err != nil {
		m = prometheus.NewInvalidMetric(n.desc, err)
	}
	to <- m
}

// index is that of the bucket that holds values up to end.
func index(end float64) int { return int(math.Ceil(math.Log2(end) * (1 << schema))) }

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address of /metrics and /debug/pprof/")
	nativeOnly := flag.Bool("native", false, "latencies as a native histogram")
	plain := flag.Bool("plain", false, "the collectors' defaults alone")
	busy := flag.Int("busy", 1, "goroutines that work most of the time")
	parked := flag.Int("parked", 10, "goroutines that wait")
	procs := flag.Int("procs", 2, "GOMAXPROCS")
	flag.Parse()
	runtime.GOMAXPROCS(*procs)

	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	switch {
	case *plain:
		registry.MustRegister(collectors.NewGoCollector())
	case *nativeOnly:
		registry.MustRegister(collectors.NewGoCollector(), native{prometheus.NewDesc(
			"go_sched_latencies_seconds", "Time from runnable to running.", nil, nil)})
	default:
		registry.MustRegister(collectors.NewGoCollector(
			collectors.WithGoCollectorRuntimeMetrics(collectors.MetricsScheduler)))
	}
	http.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))

	for range *parked {
		go func() { select {} }()
	}
	for i := range *busy {
		go work(i)
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("READY", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}

// work is busy for half of the time, and makes garbage.
func work(seed int) {
	var kept [][]byte
	for {
		for begin := time.Now(); time.Since(begin) < 5*time.Millisecond; {
			kept = append(kept, make([]byte, 512+seed))
			if len(kept) > 1000 {
				kept = nil
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
}
