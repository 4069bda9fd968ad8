// Service is a small HTTP service as they are written everywhere: JSON in and out, a cache behind a
// mutex, a pool of workers, garbage to collect. With -load it is its own client. It is the live target
// of the demo and of schedtop's tests.
package main

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"runtime"
	"time"

	"schedtop/tests/workloads/internal/stage"
)

func main() {
	shared := stage.Flags()
	addr := flag.String("addr", "127.0.0.1:0", "listen on `address`")
	rate := flag.Float64("load", 0, "make `n` requests per second to itself (0: none)")
	clients := flag.Int("clients", 16, "how many clients make that load")
	workers := flag.Int("workers", 4, "how many workers price the orders")
	profiles := flag.Bool("pprof", false, "serve /debug/pprof/ there, too")
	flag.Parse()
	shared.Setup()

	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		stage.Fail(err)
	}
	s := newServer(newStore(20000), newPool(*workers))
	go func() {
		routes := s.routes()
		if *profiles {
			routes.HandleFunc("/debug/pprof/", pprof.Index)
			routes.HandleFunc("/debug/pprof/trace", pprof.Trace)
		}
		server := &http.Server{Handler: routes, ReadHeaderTimeout: 10 * time.Second}
		stage.Fail(server.Serve(listener))
	}()
	if *rate > 0 && *clients > 0 {
		startLoad("http://"+listener.Addr().String(), *rate, *clients)
	}
	shared.Run(fmt.Sprintf("addr=%s gomaxprocs=%d", listener.Addr(), runtime.GOMAXPROCS(0)))
}
