#include "doctor/known.h"

#include <stddef.h>
#include <string.h>

/*
 * The first row that fits counts. A name fits when it is the row's, or goes on with what belongs to
 * that function (a closure, type arguments, a wrapper); after a star anything may follow, after a
 * dollar nothing.
 */
static const struct {
	const char *name;
	enum known means;
} table[] = {
	/* Traces and profiles, and who takes them. A region's or a label's function runs below
       runtime/trace.WithRegion and pprof.Do: those say nothing. */
	{"runtime.ReadTrace", KNOWN_TRACE_DRY},
	{"runtime/trace.Start.func*", KNOWN_TRACE_READER},
	{"runtime/trace.(*traceMultiplexer)*", KNOWN_TRACE_READER},
	{"runtime/trace.(*recorder)*", KNOWN_TRACE_READER},
	{"runtime/trace.Start", KNOWN_TRACER},
	{"runtime/trace.Stop", KNOWN_TRACER},
	{"runtime/trace.(*FlightRecorder)*", KNOWN_TRACER},
	{"runtime.(*traceAdvancerState)*", KNOWN_TRACER},
	{"runtime.traceStartReadCPU", KNOWN_TRACER},
	{"runtime.traceAdvance", KNOWN_TRACER},
	{"runtime.StartTrace", KNOWN_TRACER},
	{"runtime.StopTrace", KNOWN_TRACER},
	{"runtime/pprof.profileWriter", KNOWN_TRACER},
	{"runtime/pprof.StartCPUProfile", KNOWN_TRACER},
	{"runtime/pprof.StopCPUProfile", KNOWN_TRACER},
	{"runtime/pprof.(*Profile)*", KNOWN_TRACER},
	{"runtime/pprof.(*profileBuilder)*", KNOWN_TRACER},
	{"runtime/pprof.write*", KNOWN_TRACER},
	{"net/http/pprof.*", KNOWN_TRACER},
	{"schedtop/agent.*", KNOWN_TRACER},

	/* The runtime. */
	{"runtime.main$", KNOWN_MAIN},
	{"main.main$", KNOWN_MAIN},
	{"runtime.chanrecv*", KNOWN_RECEIVE},
	{"runtime.selectgo", KNOWN_RECEIVE},
	{"runtime.block", KNOWN_RECEIVE},
	{"runtime.chansend*", KNOWN_SEND},
	{"runtime.cgocall", KNOWN_CGO},
	{"runtime.asyncPreempt*", KNOWN_COLLECTOR},
	{"runtime.gcAssistAlloc*", KNOWN_COLLECTOR},
	{"runtime.gcParkAssist", KNOWN_COLLECTOR},
	{"runtime.deductAssistCredit", KNOWN_COLLECTOR},
	{"runtime.deductSweepCredit", KNOWN_COLLECTOR},
	{"runtime.mallocgc*", KNOWN_COLLECTOR},
	{"runtime.gcStart", KNOWN_COLLECTOR},
	{"runtime.gcWaitOnMark", KNOWN_COLLECTOR},
	{"runtime.GC", KNOWN_COLLECTOR},
	{"runtime/debug.FreeOSMemory", KNOWN_COLLECTOR},
	{"runtime.stopTheWorld*", KNOWN_COLLECTOR},
	{"runtime.ReadMemStats", KNOWN_COLLECTOR},
	{"runtime.GOMAXPROCS", KNOWN_COLLECTOR},
	{"runtime.*", KNOWN_RUNTIME},
	{"os/signal.loop", KNOWN_SYSTEM},

	/* How it waits. */
	{"sync.(*Cond)*", KNOWN_CONDITION},
	{"sync.runtime_notifyListWait", KNOWN_CONDITION},
	{"sync.(*WaitGroup).Go*", KNOWN_LAUNCHER},
	{"sync.(*WaitGroup)*", KNOWN_JOIN},
	{"sync.(*Mutex)*", KNOWN_LOCK},
	{"sync.(*RWMutex)*", KNOWN_LOCK},
	{"internal/sync.(*Mutex)*", KNOWN_LOCK},
	{"internal/sync.runtime_SemacquireMutex", KNOWN_LOCK},
	{"sync.runtime_SemacquireMutex", KNOWN_LOCK},
	{"sync.runtime_SemacquireRWMutex*", KNOWN_LOCK},
	{"internal/poll.(*fdMutex)*", KNOWN_LOCK},
	{"time.Sleep", KNOWN_SLEEP},

	/* Names, connections, accepting. */
	{"net.(*netFD).accept", KNOWN_ACCEPT},
	{"net.(*TCPListener)*", KNOWN_ACCEPT},
	{"net.(*UnixListener)*", KNOWN_ACCEPT},
	{"net.(*Resolver)*", KNOWN_LOOKUP},
	{"net.cgoLookup*", KNOWN_LOOKUP},
	{"net._C2func_getaddrinfo", KNOWN_LOOKUP},
	{"net.doBlockingWithCtx", KNOWN_LOOKUP},
	{"net.resolverGetAddrInfo", KNOWN_LOOKUP},
	{"net.(*Dialer)*", KNOWN_DIAL},
	{"net.(*sysDialer)*", KNOWN_DIAL},
	{"net.(*netFD).connect.func*", KNOWN_LOOP},
	{"net.(*netFD).connect", KNOWN_DIAL},
	{"net.Dial*", KNOWN_DIAL},
	{"net.(*netFD)*", KNOWN_NETWORK},
	{"net.(*conn)*", KNOWN_NETWORK},
	{"net.(*TCPConn)*", KNOWN_NETWORK},
	{"net.(*UDPConn)*", KNOWN_NETWORK},
	{"net.(*UnixConn)*", KNOWN_NETWORK},

	/* HTTP: servers. */
	{"net/http.(*connReader).backgroundRead", KNOWN_LOOP},
	{"net/http.(*connReader)*", KNOWN_SERVER_READ},
	{"net/http.checkConnErrorWriter.Write", KNOWN_SERVER_WRITE},
	{"net/http.(*response).finishRequest", KNOWN_SERVER_WRITE},
	{"net/http.serverHandler.ServeHTTP", KNOWN_HANDLER},
	{"net/http.HandlerFunc.ServeHTTP", KNOWN_HANDLER},
	{"net/http.(*conn).serve", KNOWN_SERVER},
	{"net/http.(*timeoutHandler).ServeHTTP.func*", KNOWN_REQUEST},
	/* HTTP: clients. */
	{"net/http.(*persistConn).readLoop.func*", KNOWN_CLIENT_MORE},
	{"net/http.(*persistConn).readLoop*", KNOWN_LOOP},
	{"net/http.(*persistConn).writeLoop", KNOWN_LOOP},
	{"net/http.(*Transport).dialConnFor", KNOWN_LOOP},
	{"net/http.(*Transport).startDialConnForLocked", KNOWN_LOOP},
	{"net/http.setRequestCancel.func*", KNOWN_LOOP},
	{"net/http.(*persistConn).Read", KNOWN_CLIENT_MORE},
	{"net/http.(*bodyEOFSignal)*", KNOWN_CLIENT_MORE},
	{"net/http.(*persistConn)*", KNOWN_CLIENT},
	{"net/http.(*Transport).tryPutIdleConn", KNOWN_GIVE_BACK},
	{"net/http.(*Transport)*", KNOWN_CLIENT},
	{"net/http.(*Client)*", KNOWN_CLIENT},
	/* HTTP/2, in net/http under three names. */
	{"net/http.(*http2serverConn).runHandler", KNOWN_REQUEST},
	{"net/http.(*http2serverConn).write*", KNOWN_SERVER_WRITE},
	{"net/http.(*http2requestBody)*", KNOWN_SERVER_READ},
	{"net/http.(*http2serverConn)*", KNOWN_LOOP},
	{"net/http.(*http2clientStream).doRequest", KNOWN_LOOP},
	{"net/http.(*http2ClientConn).readLoop", KNOWN_LOOP},
	{"net/http.(*http2clientConnReadLoop)*", KNOWN_LOOP},
	{"net/http.(*http2ClientConn)*", KNOWN_CLIENT},
	{"net/http.(*http2Transport)*", KNOWN_CLIENT},
	{"net/http.(*http2dialCall)*", KNOWN_CLIENT},
	{"net/http.(*http2clientStream)*", KNOWN_CLIENT},
	{"net/http.http2transportResponseBody*", KNOWN_CLIENT_MORE},
	{"net/http/internal/http2.(*serverConn).runHandler", KNOWN_REQUEST},
	{"net/http/internal/http2.(*serverConn).write*", KNOWN_SERVER_WRITE},
	{"net/http/internal/http2.(*requestBody)*", KNOWN_SERVER_READ},
	{"net/http/internal/http2.(*serverConn)*", KNOWN_LOOP},
	{"net/http/internal/http2.(*clientStream).doRequest", KNOWN_LOOP},
	{"net/http/internal/http2.(*ClientConn).readLoop", KNOWN_LOOP},
	{"net/http/internal/http2.(*clientConnReadLoop)*", KNOWN_LOOP},
	{"net/http/internal/http2.(*ClientConn)*", KNOWN_CLIENT},
	{"net/http/internal/http2.(*Transport)*", KNOWN_CLIENT},
	{"net/http/internal/http2.(*dialCall)*", KNOWN_CLIENT},
	{"net/http/internal/http2.(*clientStream)*", KNOWN_CLIENT},
	{"net/http/internal/http2.transportResponseBody*", KNOWN_CLIENT_MORE},
	{"golang.org/x/net/http2.(*serverConn).runHandler", KNOWN_REQUEST},
	{"golang.org/x/net/http2.(*serverConn).write*", KNOWN_SERVER_WRITE},
	{"golang.org/x/net/http2.(*requestBody)*", KNOWN_SERVER_READ},
	{"golang.org/x/net/http2.(*serverConn)*", KNOWN_LOOP},
	{"golang.org/x/net/http2.(*clientStream).doRequest", KNOWN_LOOP},
	{"golang.org/x/net/http2.(*ClientConn).readLoop", KNOWN_LOOP},
	{"golang.org/x/net/http2.(*clientConnReadLoop)*", KNOWN_LOOP},
	{"golang.org/x/net/http2.(*ClientConn)*", KNOWN_CLIENT},
	{"golang.org/x/net/http2.(*Transport)*", KNOWN_CLIENT},
	{"golang.org/x/net/http2.(*dialCall)*", KNOWN_CLIENT},
	{"golang.org/x/net/http2.(*clientStream)*", KNOWN_CLIENT},
	{"golang.org/x/net/http2.transportResponseBody*", KNOWN_CLIENT_MORE},

	/* More of the standard library. */
	{"testing.*", KNOWN_LAUNCHER},
	{"net/rpc.(*Client).input", KNOWN_LOOP},
	{"net/rpc.(*Server).Serve*", KNOWN_LOOP},
	{"net/rpc.(*service).call", KNOWN_REQUEST},
	{"net/rpc.(*Client)*", KNOWN_CLIENT},
	{"net/smtp.(*Client)*", KNOWN_CLIENT},
	{"database/sql.(*DB).connectionOpener", KNOWN_LOOP},
	{"database/sql.(*DB).connectionCleaner", KNOWN_LOOP},
	{"database/sql.(*Tx).awaitDone", KNOWN_LOOP},
	{"database/sql.(*Rows).awaitDone", KNOWN_LOOP},
	{"database/sql.(*DB).conn", KNOWN_POOL_AND_NEW},
	{"database/sql.(*Rows)*", KNOWN_CLIENT_MORE},
	{"database/sql.*", KNOWN_CLIENT},
	{"context.(*cancelCtx).propagateCancel.func*", KNOWN_LOOP},
	{"context.propagateCancel.func*", KNOWN_LOOP},
	{"os/signal.NotifyContext.func*", KNOWN_LOOP},
	{"os/exec.(*Cmd).Start.func*", KNOWN_LOOP},
	{"os/exec.(*Cmd).watchCtx.func*", KNOWN_LOOP},
	{"os/exec.(*Cmd)*", KNOWN_CHILD},
	{"os.(*Process)*", KNOWN_CHILD},
	{"os.*", KNOWN_FILE},

	/* Well-known pools and limits. */
	{"golang.org/x/sync/semaphore.(*Weighted).Acquire", KNOWN_PERMIT},
	{"golang.org/x/sync/errgroup.(*Group).Go.func*", KNOWN_LAUNCHER},
	{"golang.org/x/sync/errgroup.(*Group).Go", KNOWN_PERMIT},
	{"golang.org/x/sync/errgroup.(*Group).add.func*", KNOWN_LAUNCHER},
	{"github.com/jackc/puddle.(*Pool)*", KNOWN_POOL_AND_NEW},
	{"github.com/jackc/puddle/v2.(*Pool[*", KNOWN_POOL_AND_NEW},
	{"github.com/jackc/puddle/v2/internal/*", KNOWN_POOL},
	{"github.com/go-redis/redis/v8/internal/pool.(*ConnPool).waitTurn", KNOWN_POOL},
	{"github.com/redis/go-redis/v9/internal/pool.(*ConnPool).waitTurn", KNOWN_POOL},
	{"github.com/gomodule/redigo/redis.(*Pool).waitVacantConn", KNOWN_POOL},
	{"go.mongodb.org/mongo-driver/x/mongo/driver/topology.(*pool).checkOut", KNOWN_POOL},
	{"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology.(*pool).checkOut", KNOWN_POOL},
	{"github.com/panjf2000/ants/v2.(*poolCommon).retrieveWorker", KNOWN_PERMIT},
	{"github.com/panjf2000/ants/v2.(*Pool).retrieveWorker", KNOWN_PERMIT},
	{"github.com/panjf2000/ants/v2.(*PoolWithFunc).retrieveWorker", KNOWN_PERMIT},

	/* Clients of databases that stand behind such a pool. */
	{"github.com/jackc/pgx/v4*", KNOWN_CLIENT},
	{"github.com/jackc/pgx/v5*", KNOWN_CLIENT},
	{"github.com/jackc/pgconn.*", KNOWN_CLIENT},
	{"github.com/go-redis/redis/v8.*", KNOWN_CLIENT},
	{"github.com/redis/go-redis/v9.*", KNOWN_CLIENT},
	{"github.com/redis/go-redis/v9/internal/pool.*", KNOWN_CLIENT},
	{"github.com/gomodule/redigo/redis.(*conn)*", KNOWN_CLIENT},
	{"go.mongodb.org/mongo-driver/x/mongo/driver/topology.(*Server).update", KNOWN_LOOP},
	{"go.mongodb.org/mongo-driver/x/mongo/driver/topology.(*rttMonitor)*", KNOWN_LOOP},
	{"go.mongodb.org/mongo-driver/x/mongo/driver/topology.(*pool)*", KNOWN_LOOP},
	{"go.mongodb.org/mongo-driver/x/mongo/driver.*", KNOWN_CLIENT},
	{"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology.(*Server).update", KNOWN_LOOP},
	{"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology.(*rttMonitor)*", KNOWN_LOOP},
	{"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology.(*pool)*", KNOWN_LOOP},
	{"go.mongodb.org/mongo-driver/v2/x/mongo/driver.*", KNOWN_CLIENT},
	{"github.com/go-sql-driver/mysql.(*mysqlConn).startWatcher*", KNOWN_LOOP},

	/* gRPC. */
	{"google.golang.org/grpc.(*Server).serveStreams.func*", KNOWN_REQUEST},
	{"google.golang.org/grpc.(*Server).handleStream", KNOWN_HANDLER},
	{"google.golang.org/grpc.(*Server).process*", KNOWN_HANDLER},
	{"google.golang.org/grpc.(*serverStream)*", KNOWN_SERVER_READ},
	{"google.golang.org/grpc.(*Server)*", KNOWN_LOOP},
	{"google.golang.org/grpc/internal/transport.(*http2Server)*", KNOWN_LOOP},
	{"google.golang.org/grpc/internal/transport.(*http2Client).reader", KNOWN_LOOP},
	{"google.golang.org/grpc/internal/transport.(*http2Client).keepalive", KNOWN_LOOP},
	{"google.golang.org/grpc/internal/transport.(*controlBuffer).get", KNOWN_LOOP},
	{"google.golang.org/grpc/internal/transport.(*loopyWriter)*", KNOWN_LOOP},
	{"google.golang.org/grpc/internal/transport.(*recvBufferReader).readClient", KNOWN_CLIENT_MORE},
	{"google.golang.org/grpc/internal/grpcsync.(*CallbackSerializer)*", KNOWN_LOOP},
	{"google.golang.org/grpc.(*addrConn)*", KNOWN_LOOP},
	{"google.golang.org/grpc.(*pickerWrapper)*", KNOWN_CLIENT},
	{"google.golang.org/grpc.(*clientStream)*", KNOWN_CLIENT_MORE},
	{"google.golang.org/grpc.(*csAttempt)*", KNOWN_CLIENT_MORE},
	{"google.golang.org/grpc.newClientStream*", KNOWN_CLIENT},
	{"google.golang.org/grpc.invoke", KNOWN_CLIENT},
};

static bool fits(const char *row, const char *name)
{
	size_t n = strlen(row);
	char last = row[n - 1];
	n -= last == '*' || last == '$';
	if (strncmp(row, name, n) != 0)
		return false;
	char next = name[n];
	return last == '*' || next == '\0' ||
	       (last != '$' && (next == '.' || next == '[' || next == '-'));
}

/* Packages at the top of the standard library. `main` is none. */
static const char *const standard[] = {
	"archive",  "bufio",   "bytes",   "cmp",      "compress", "container", "context", "crypto",
	"database", "debug",   "embed",   "encoding", "errors",   "expvar",    "flag",    "fmt",
	"go",       "hash",    "html",    "image",    "index",    "internal",  "io",      "iter",
	"log",      "maps",    "math",    "mime",     "net",      "os",        "path",    "plugin",
	"reflect",  "regexp",  "runtime", "slices",   "sort",     "strconv",   "strings", "structs",
	"sync",     "syscall", "testing", "text",     "time",     "unicode",   "unique",  "unsafe",
	"vendor",   "weak",
};

bool known_is_standard(const char *name)
{
	if (strncmp(name, "type:", 5) == 0)
		return true;
	/* Up to the first slash of the import path, where a dot tells of a module from elsewhere: of
	   go.uber.org/zap it is no more than "go.uber.org". Behind brackets are other packages. */
	size_t n = strcspn(name, "/([{");
	if (name[n] != '/')
		n = strcspn(name, ".");
	for (size_t i = 0; i < sizeof standard / sizeof *standard; i++)
		if (strncmp(standard[i], name, n) == 0 && standard[i][n] == '\0')
			return true;
	return false;
}

/* The cgo tool writes a function such as main._Cfunc_read for each that is called; what lies below
   it the trace leaves out. */
static bool is_cgo_stub(const char *name)
{
	const char *dot = strrchr(name, '.');
	return dot && (strncmp(dot, "._Cfunc_", 8) == 0 || strncmp(dot, "._C2func_", 9) == 0);
}

enum known known_function(const char *name)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (fits(table[i].name, name))
			return table[i].means;
	if (is_cgo_stub(name))
		return KNOWN_CGO;
	return known_is_standard(name) ? KNOWN_STANDARD : KNOWN_NOTHING;
}
