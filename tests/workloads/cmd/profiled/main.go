// Command profiled parks goroutines and serves net/http/pprof, over TCP, TLS or a Unix socket, behind a
// password or a prefix: whatever schedtop --url has to find its way through.
package main

import (
	"crypto/subtle"
	"crypto/tls"
	_ "expvar"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"runtime"
	"strings"
	"sync"
	"time"
)

// waitForWork is where the parked goroutines stand.
func waitForWork(work <-chan int) {
	<-work
}

// lockUp waits for a lock that nobody gives back.
func lockUp(mu *sync.Mutex) {
	mu.Lock()
}

// guarded asks for a user and password, "user:password", or a token, "Bearer TOKEN".
func guarded(next http.Handler, auth string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		given := user + ":" + password
		if strings.HasPrefix(auth, "Bearer ") {
			given = r.Header.Get("Authorization")
		}
		if subtle.ConstantTimeCompare([]byte(given), []byte(auth)) == 0 {
			w.Header().Set("WWW-Authenticate", "Basic")
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func listen(address, cert, key string) (net.Listener, error) {
	network := "tcp"
	if strings.HasPrefix(address, "/") {
		network = "unix"
	}
	l, err := net.Listen(network, address)
	if err != nil || cert == "" {
		return l, err
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, err
	}
	return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}), nil
}

func main() {
	address := flag.String("listen", "127.0.0.1:0", "address, or path of a Unix socket")
	cert := flag.String("cert", "", "file of a certificate, for TLS")
	key := flag.String("key", "", "and its key")
	auth := flag.String("auth", "", "user:password or Bearer TOKEN")
	prefix := flag.String("prefix", "", "path before /debug/pprof")
	parked := flag.Int("parked", 20, "goroutines that wait for a channel")
	timeout := flag.Duration("write-timeout", 0, "the server's WriteTimeout")
	spin := flag.Bool("spin", false, "and one that never waits")
	metrics := flag.Bool("metrics", false, "serve /metrics, with what collectors of the runtime tell there")
	lifetime := flag.Duration("for", time.Minute, "how long to live")
	flag.Parse()
	time.AfterFunc(*lifetime, func() { log.Fatal("nobody ended it") })

	work := make(chan int)
	for i := 0; i < *parked; i++ {
		go waitForWork(work)
	}
	var mu sync.Mutex
	mu.Lock()
	for i := 0; i < 5; i++ {
		go lockUp(&mu)
	}
	if *spin {
		go func() {
			for n := 0; ; n++ {
				_ = n
			}
		}()
	}
	if *metrics {
		http.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, "# TYPE go_info gauge\ngo_info{version=%q} 1\n", runtime.Version())
			fmt.Fprintf(w, "# TYPE go_sched_gomaxprocs_threads gauge\ngo_sched_gomaxprocs_threads %d\n", runtime.GOMAXPROCS(0))
		})
	}
	l, err := listen(*address, *cert, *key)
	if err != nil {
		log.Fatal(err)
	}
	var handler http.Handler = http.DefaultServeMux
	if *prefix != "" {
		handler = http.StripPrefix(*prefix, handler)
	}
	if *auth != "" {
		handler = guarded(handler, *auth)
	}
	time.Sleep(50 * time.Millisecond) // until all of them stand where they belong
	fmt.Println("READY", l.Addr())
	server := &http.Server{Handler: handler, WriteTimeout: *timeout}
	log.Fatal(server.Serve(l))
}
