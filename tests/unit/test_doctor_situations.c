/* doctor/situations: what waits are, on stacks as traces of real programs have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "doctor/known.h"
#include "doctor/situations.h"

enum { FRAMES = 32, STACKS = 128 };

/* Leaf first, with spaces between. */
static const struct {
	enum situation situation;
	enum call_part part;
	const char *stack;
} stacks_of_programs[] = {
	{SITUATION_LOCK, PART_CALL,
     "sync.(*Mutex).Lock main.(*server).ServeHTTP net/http.serverHandler.ServeHTTP "
     "net/http.(*conn).serve"},
	{SITUATION_LOCK, PART_CALL,
     "sync.(*Mutex).Lock net/http.(*http2clientStream).cleanupWriteRequest "
     "net/http.(*http2clientStream).doRequest"},
	{SITUATION_LOCK, PART_CALL,
     "sync.(*Mutex).Lock database/sql.(*DB).conn database/sql.(*DB).query "
     "database/sql.(*DB).QueryContext.func1 database/sql.(*DB).retry "
     "database/sql.(*DB).QueryContext database/sql.(*DB).Query "
     "main.(*server).ServeHTTP net/http.serverHandler.ServeHTTP "
     "net/http.(*conn).serve"},
	{SITUATION_LOCK, PART_CALL,
     "sync.(*Mutex).Lock sync.(*Once).doSlow sync.(*Once).Do "
     "strings.(*Replacer).Replace net/http.(*Request).write "
     "net/http.(*persistConn).writeLoop"},
	{SITUATION_POOL, PART_CALL,
     "runtime.selectgo database/sql.(*DB).conn database/sql.(*DB).query "
     "database/sql.(*DB).QueryContext.func1 database/sql.(*DB).retry "
     "database/sql.(*DB).QueryContext database/sql.(*DB).Query "
     "main.(*server).ServeHTTP net/http.serverHandler.ServeHTTP "
     "net/http.(*conn).serve"},
	{SITUATION_ACCEPT, PART_CALL,
     "internal/poll.(*FD).Accept net.(*netFD).accept net.(*TCPListener).accept "
     "net.(*TCPListener).Accept crypto/tls.(*listener).Accept "
     "net/http.(*Server).Serve net/http/httptest.(*Server).goServe.func1"},
	{SITUATION_JOIN, PART_CALL, "sync.(*WaitGroup).Wait main.fetchAll main.main"},
	{SITUATION_JOIN, PART_CALL, "sync.(*WaitGroup).Wait main.main"},
	{SITUATION_SLEEP, PART_CALL,
     "time.Sleep main.(*server).ServeHTTP net/http.serverHandler.ServeHTTP "
     "net/http.(*conn).serve"},
	{SITUATION_SLEEP, PART_CALL, "time.Sleep main.answer"},
	{SITUATION_SLEEP, PART_CALL, "time.Sleep main.main"},
	{SITUATION_SLEEP, PART_CALL,
     "time.Sleep main.main.func1 net/http.HandlerFunc.ServeHTTP "
     "net/http.serverHandler.ServeHTTP net/http.(*conn).serve"},
	{SITUATION_OUTBOUND, PART_CALL,
     "internal/poll.(*FD).Read net.(*netFD).Read net.(*conn).Read "
     "crypto/tls.(*Conn).readFromUntil crypto/tls.(*Conn).readRecordOrCCS "
     "crypto/tls.(*Conn).readRecord crypto/tls.(*Conn).readHandshakeBytes "
     "crypto/tls.(*Conn).readHandshake crypto/tls.(*Conn).clientHandshake "
     "crypto/tls.(*Conn).handshakeContext crypto/tls.(*Conn).HandshakeContext "
     "net/http.(*persistConn).addTLS.func2"},
	{SITUATION_OUTBOUND, PART_CALL,
     "internal/poll.(*FD).Read net.(*netFD).Read net.(*conn).Read "
     "main.(*stmt).Query database/sql.ctxDriverStmtQuery "
     "database/sql.rowsiFromStatement database/sql.(*DB).queryDC "
     "database/sql.(*DB).query database/sql.(*DB).QueryContext.func1 "
     "database/sql.(*DB).retry database/sql.(*DB).QueryContext "
     "database/sql.(*DB).Query main.(*server).ServeHTTP "
     "net/http.serverHandler.ServeHTTP net/http.(*conn).serve"},
	{SITUATION_OUTBOUND, PART_CALL,
     "runtime.selectgo net/http.(*Transport).getConn "
     "net/http.(*Transport).roundTrip net/http.(*Transport).RoundTrip net/http.send "
     "net/http.(*Client).send net/http.(*Client).do net/http.(*Client).Do "
     "main.main.func4 main.main.func5"},
	{SITUATION_OUTBOUND, PART_ANSWER,
     "runtime.chanrecv1 net/http.(*persistConn).readLoop.func4 "
     "net/http.(*bodyEOFSignal).condfn net/http.(*bodyEOFSignal).Read "
     "io.discard.ReadFrom io.copyBuffer io.Copy main.(*server).ServeHTTP "
     "net/http.serverHandler.ServeHTTP net/http.(*conn).serve"},
	{SITUATION_OUTBOUND, PART_OWN,
     "internal/poll.(*FD).Read net.(*netFD).Read net.(*conn).Read "
     "main.(*server).ServeHTTP net/http.serverHandler.ServeHTTP "
     "net/http.(*conn).serve"},
	{SITUATION_OUTBOUND, PART_ANSWER,
     "internal/poll.(*FD).Read net.(*netFD).Read net.(*conn).Read "
     "net/http.(*persistConn).Read bufio.(*Reader).fill bufio.(*Reader).ReadSlice "
     "net/http/internal.readChunkLine net/http/internal.(*chunkedReader).beginChunk "
     "net/http/internal.(*chunkedReader).Read net/http.(*body).readLocked "
     "net/http.(*body).Read net/http.(*bodyEOFSignal).Read io.discard.ReadFrom "
     "io.copyBuffer io.Copy main.(*server).ServeHTTP "
     "net/http.serverHandler.ServeHTTP net/http.(*conn).serve"},
	{SITUATION_OUTBOUND, PART_ANSWER,
     "runtime.selectgo net/http.http2transportResponseBody.Close main.main.func4 "
     "main.main.func5"},
	{SITUATION_OUTBOUND, PART_ANSWER,
     "sync.(*Cond).Wait net/http.(*http2pipe).Read "
     "net/http.http2transportResponseBody.Read io.discard.ReadFrom io.copyBuffer "
     "io.Copy main.main.func4 main.main.func5"},
	{SITUATION_OUTBOUND, PART_ANSWER,
     "runtime.selectgo net/http/internal/http2.transportResponseBody.Close "
     "main.main.func4 main.main.func5"},
	{SITUATION_OUTBOUND, PART_ANSWER,
     "sync.(*Cond).Wait net/http/internal/http2.(*pipe).Read "
     "net/http/internal/http2.transportResponseBody.Read io.discard.ReadFrom "
     "io.copyBuffer io.Copy main.main.func4 main.main.func5"},
	{SITUATION_INBOUND, PART_CALL,
     "internal/poll.(*FD).Read net.(*netFD).Read net.(*conn).Read "
     "net/http.(*connReader).Read bufio.(*Reader).fill bufio.(*Reader).ReadSlice "
     "net/http/internal.readChunkLine net/http/internal.(*chunkedReader).beginChunk "
     "net/http/internal.(*chunkedReader).Read net/http.(*body).readLocked "
     "net/http.(*body).Read io.discard.ReadFrom io.copyBuffer io.Copy "
     "main.(*server).ServeHTTP net/http.serverHandler.ServeHTTP "
     "net/http.(*conn).serve"},
	{SITUATION_INBOUND, PART_CALL,
     "runtime.selectgo net/http.(*http2serverConn).writeDataFromHandler "
     "net/http.(*http2responseWriterState).writeChunk "
     "net/http.http2chunkWriter.Write net/http.(*http2responseWriter).FlushError "
     "net/http.(*http2responseWriter).Flush "
     "net/http.(*http2responseWriter).handlerDone "
     "net/http.(*http2serverConn).runHandler.func1 "
     "net/http.(*http2serverConn).runHandler"},
	{SITUATION_INBOUND, PART_CALL,
     "sync.(*Cond).Wait net/http.(*http2pipe).Read "
     "net/http.(*http2requestBody).Read io.discard.ReadFrom io.copyBuffer io.Copy "
     "main.(*server).ServeHTTP net/http.serverHandler.ServeHTTP "
     "net/http.initALPNRequest.ServeHTTP net/http.(*http2serverConn).runHandler"},
	{SITUATION_INBOUND, PART_CALL,
     "runtime.selectgo net/http/internal/http2.(*serverConn).writeDataFromHandler "
     "net/http/internal/http2.(*responseWriterState).writeChunk "
     "net/http/internal/http2.chunkWriter.Write "
     "net/http/internal/http2.(*responseWriter).FlushError "
     "net/http/internal/http2.(*responseWriter).Flush "
     "net/http/internal/http2.(*responseWriter).handlerDone "
     "net/http/internal/http2.(*serverConn).runHandler.func1 "
     "net/http/internal/http2.(*serverConn).runHandler"},
	{SITUATION_INBOUND, PART_CALL,
     "sync.(*Cond).Wait net/http/internal/http2.(*pipe).Read "
     "net/http/internal/http2.(*requestBody).Read io.discard.ReadFrom io.copyBuffer "
     "io.Copy main.(*server).ServeHTTP net/http.serverHandler.ServeHTTP "
     "net/http.http2Handler.ServeHTTP "
     "net/http/internal/http2.(*serverConn).runHandler"},
	{SITUATION_LOOKUP, PART_CALL,
     "runtime.chanrecv1 net.(*Resolver).goLookupIPCNAMEOrder.func4 "
     "net.(*Resolver).goLookupIPCNAMEOrder net.(*Resolver).goLookupHostOrder "
     "net.(*Resolver).lookupHost net.(*Resolver).LookupHost net.LookupHost "
     "main.main"},
	{SITUATION_LOOKUP, PART_CALL,
     "internal/poll.(*FD).Read net.(*netFD).Read net.(*conn).Read "
     "net.dnsPacketRoundTrip net.(*Resolver).exchange net.(*Resolver).tryOneName "
     "net.(*Resolver).goLookupIPCNAMEOrder.func3.1"},
	{SITUATION_NETWORK, PART_CALL,
     "internal/poll.(*FD).Read net.(*netFD).Read net.(*conn).Read main.answer"},
	{SITUATION_IDLE_CONNECTION, PART_CALL,
     "runtime.chanrecv1 net/http.(*http2clientConnPool).addConnIfNeeded "
     "net/http.http2configureTransports.func1 net/http.(*Transport).dialConn "
     "net/http.(*Transport).dialConnFor"},
	{SITUATION_IDLE_CONNECTION, PART_CALL,
     "runtime.chanrecv1 net/http.(*persistConn).addTLS "
     "net/http.(*Transport).dialConn net/http.(*Transport).dialConnFor"},
	{SITUATION_IDLE_CONNECTION, PART_CALL,
     "internal/poll.(*FD).Read net.(*netFD).Read net.(*conn).Read "
     "crypto/tls.(*atLeastReader).Read bytes.(*Buffer).ReadFrom "
     "crypto/tls.(*Conn).readFromUntil crypto/tls.(*Conn).readRecordOrCCS "
     "crypto/tls.(*Conn).readRecord crypto/tls.(*Conn).Read bufio.(*Reader).Read "
     "io.ReadAtLeast io.ReadFull net/http.http2readFrameHeader "
     "net/http.(*http2Framer).ReadFrame net/http.(*http2clientConnReadLoop).run "
     "net/http.(*http2ClientConn).readLoop"},
	{SITUATION_IDLE_CONNECTION, PART_CALL,
     "internal/poll.(*FD).Read net.(*netFD).Read net.(*conn).Read "
     "net/http.(*connReader).Read bufio.(*Reader).fill bufio.(*Reader).Peek "
     "net/http.(*conn).serve"},
	{SITUATION_IDLE_CONNECTION, PART_CALL,
     "internal/poll.(*FD).Read net.(*netFD).Read net.(*conn).Read "
     "net/http.(*connReader).backgroundRead"},
	{SITUATION_IDLE_CONNECTION, PART_CALL,
     "internal/poll.(*FD).Read net.(*netFD).Read net.(*conn).Read "
     "net/http.(*persistConn).Read bufio.(*Reader).fill bufio.(*Reader).Peek "
     "net/http.(*persistConn).readLoop"},
	{SITUATION_IDLE_CONNECTION, PART_CALL, "runtime.selectgo net.(*netFD).connect.func2"},
	{SITUATION_IDLE_CONNECTION, PART_CALL,
     "runtime.chanrecv1 net/http/internal/http2.(*clientConnPool).addConnIfNeeded "
     "net/http/internal/http2.(*Transport).AddConn "
     "net/http.(*Transport).http2AddConn net/http.(*Transport).dialConn "
     "net/http.(*Transport).dialConnFor "
     "net/http.(*Transport).startDialConnForLocked.func1"},
	{SITUATION_COLLECTOR, PART_CALL,
     "runtime.chanrecv1 runtime.gcBgMarkStartWorkers runtime.gcStart "
     "runtime.mallocgcSmallScanNoHeader runtime.mallocgc runtime.newobject "
     "crypto/tls.(*Config).Clone net/http.cloneTLSConfig "
     "net/http.(*persistConn).addTLS net/http.(*Transport).dialConn "
     "net/http.(*Transport).dialConnFor "
     "net/http.(*Transport).startDialConnForLocked.func1"},
	{SITUATION_IDLE_CONNECTION, PART_CALL,
     "runtime.chansend1 net/http/internal/http2.(*serverConn).readFrames.func1 "
     "net/http/internal/http2.(*serverConn).serve "
     "net/http/internal/http2.(*Server).serveConn "
     "net/http/internal/http2.(*Server).ServeConn net/http.(*Server).serveHTTP2Conn "
     "net/http.(*conn).serve"},
	{SITUATION_IDLE_CONNECTION, PART_CALL,
     "internal/poll.(*FD).Read net.(*netFD).Read net.(*conn).Read "
     "crypto/tls.(*Conn).readFromUntil crypto/tls.(*Conn).readRecordOrCCS "
     "crypto/tls.(*Conn).readRecord crypto/tls.(*Conn).Read bufio.(*Reader).Read "
     "io.ReadAtLeast io.ReadFull "
     "net/http/internal/http2.(*Framer).ReadFrameForHeader "
     "net/http/internal/http2.(*Framer).ReadFrame "
     "net/http/internal/http2.(*clientConnReadLoop).run "
     "net/http/internal/http2.(*ClientConn).readLoop"},
	{SITUATION_IDLE_CONNECTION, PART_CALL, "runtime.selectgo database/sql.(*DB).connectionOpener"},
	{SITUATION_IDLE_CONNECTION, PART_CALL, "runtime.selectgo net/http.(*persistConn).readLoop"},
	{SITUATION_IDLE_CONNECTION, PART_CALL, "runtime.selectgo net/http.(*persistConn).writeLoop"},
	{SITUATION_TRACER, PART_CALL,
     "runtime.chanrecv1 runtime.(*wakeableSleep).sleep "
     "runtime.(*traceAdvancerState).start.func1"},
	{SITUATION_TRACER, PART_CALL, "runtime/trace.Start.func1"},
	{SITUATION_TRACE_WRITER, PART_CALL,
     "syscall.write syscall.Write internal/poll.ignoringEINTRIO "
     "internal/poll.(*FD).Write os.(*File).write os.(*File).Write "
     "runtime/trace.Start.func1"},
	{SITUATION_WORKER, PART_CALL, "runtime.chanrecv2 main.tick"},
	{SITUATION_WORKER, PART_CALL, "runtime.chanrecv2 main.worker"},
	{SITUATION_WORKER, PART_CALL, "runtime.chanrecv2 main.worker main.main.func2"},
	{SITUATION_WORKER, PART_CALL, "runtime.selectgo main.(*pump).run"},
	{SITUATION_WORKER, PART_CALL, "sync.(*Cond).Wait main.(*queue).consume"},
	{SITUATION_SYSTEM, PART_CALL, "runtime.goparkunlock runtime.bgsweep"},
	{SITUATION_SYSTEM, PART_CALL, "runtime.gcMarkDone runtime.gcBgMarkWorker"},
	{SITUATION_SYSTEM, PART_CALL, "runtime.(*scavengerState).park runtime.bgscavenge"},
	{SITUATION_SYSTEM, PART_CALL,
     "runtime.gopark runtime.goparkunlock runtime.(*cleanupQueue).dequeue "
     "runtime.runCleanups"},
	{SITUATION_SYSTEM, PART_CALL, "runtime.runFinalizers"},
	{SITUATION_DIAL, PART_CALL,
     "runtime.chanrecv1 net.(*netFD).connect.func1 net.(*netFD).connect "
     "net.(*netFD).dial net.socket net.internetSocket "
     "net.(*sysDialer).doDialTCPProto net.(*sysDialer).doDialTCP "
     "net.(*sysDialer).dialTCP net.(*sysDialer).dialSingle "
     "net.(*sysDialer).dialSerial net.(*sysDialer).dialParallel "
     "net.(*Dialer).DialContext net/http.(*Transport).dial "
     "net/http.(*Transport).dialConn net/http.(*Transport).dialConnFor"},
	{SITUATION_DIAL, PART_CALL,
     "internal/poll.(*FD).WaitWrite net.(*netFD).connect net.(*netFD).dial "
     "net.socket net.internetSocket net.(*sysDialer).doDialTCPProto "
     "net.(*sysDialer).doDialTCP net.(*sysDialer).dialTCP "
     "net.(*sysDialer).dialSingle net.(*sysDialer).dialSerial "
     "net.(*sysDialer).dialParallel net.(*Dialer).DialContext "
     "net/http.(*Transport).dial net/http.(*Transport).dialConn "
     "net/http.(*Transport).dialConnFor"},
	{SITUATION_COLLECTOR, PART_CALL,
     "runtime.gcMarkDone runtime.gcAssistAlloc runtime.deductAssistCredit "
     "runtime.mallocgc runtime.growslice bytes.growSlice bytes.(*Buffer).grow "
     "bytes.(*Buffer).Write crypto/tls.(*Conn).readRecordOrCCS "
     "crypto/tls.(*Conn).readRecord crypto/tls.(*Conn).readHandshakeBytes "
     "crypto/tls.(*Conn).readHandshake crypto/tls.(*Conn).clientHandshake "
     "crypto/tls.(*Conn).handshakeContext crypto/tls.(*Conn).HandshakeContext "
     "net/http.(*persistConn).addTLS.func2"},
	{SITUATION_COLLECTOR, PART_CALL,
     "runtime.gcStart runtime.mallocgc runtime.growslice bytes.growSlice "
     "bytes.(*Buffer).grow bytes.(*Buffer).Grow crypto/tls.(*Conn).readFromUntil "
     "crypto/tls.(*Conn).readRecordOrCCS crypto/tls.(*Conn).readRecord "
     "crypto/tls.(*Conn).readHandshakeBytes crypto/tls.(*Conn).readHandshake "
     "crypto/tls.(*Conn).readClientHello crypto/tls.(*Conn).serverHandshake "
     "crypto/tls.(*Conn).handshakeContext crypto/tls.(*Conn).HandshakeContext "
     "net/http.(*conn).serve"},
	{SITUATION_COLLECTOR, PART_CALL,
     "runtime.semrelease1 runtime.semrelease runtime.gcStart "
     "runtime.mallocgcSmallNoscan runtime.mallocgc internal/bytealg.MakeNoZero "
     "strings.(*Builder).grow strings.(*Builder).Grow strings.Repeat "
     "main.(*server).ServeHTTP net/http.serverHandler.ServeHTTP "
     "net/http.(*conn).serve"},
	{SITUATION_FILE, PART_CALL,
     "syscall.Close internal/poll.(*SysFile).destroy internal/poll.(*FD).destroy "
     "internal/poll.(*FD).decref internal/poll.(*FD).Close os.(*file).close "
     "os.(*File).Close net.(*file).close net.maxListenerBacklog "
     "net.listenerBacklog.func1 sync.(*Once).doSlow sync.(*Once).Do "
     "net.listenerBacklog net.socket net.internetSocket "
     "net.(*sysListener).listenTCPProto net.(*sysListener).listenTCP "
     "net.(*ListenConfig).Listen net.Listen main.main"},
	{SITUATION_FILE, PART_CALL,
     "syscall.Close syscall.forkExec syscall.StartProcess os.startProcess "
     "os.StartProcess os/exec.(*Cmd).Start os/exec.(*Cmd).Run main.main"},
	{SITUATION_FILE, PART_CALL,
     "os.checkClonePidfd os.checkPidfd sync.OnceValue[...].func1.1 "
     "sync.(*Once).doSlow sync.(*Once).Do sync.OnceValue[...].func1 os.pidfdWorks "
     "os.ensurePidfd os.startProcess os.StartProcess os/exec.(*Cmd).Start "
     "os/exec.(*Cmd).Run main.main"},
	{SITUATION_FILE, PART_CALL,
     "internal/syscall/unix.Waitid os.checkPidfd.func1 os.ignoringEINTR "
     "os.checkPidfd sync.OnceValue[...].func1.1 sync.(*Once).doSlow sync.(*Once).Do "
     "sync.OnceValue[...].func1 os.pidfdWorks os.ensurePidfd os.startProcess "
     "os.StartProcess os/exec.(*Cmd).Start os/exec.(*Cmd).Run main.main"},
	{SITUATION_CHILD, PART_CALL,
     "os.(*Process).blockUntilWaitable os.(*Process).wait os.(*Process).Wait "
     "os/exec.(*Cmd).Wait os/exec.(*Cmd).Run main.main"},
	{SITUATION_CHILD, PART_CALL,
     "syscall.wait4 syscall.Wait4 os.(*Process).wait os.(*Process).Wait "
     "os/exec.(*Cmd).Wait os/exec.(*Cmd).Run main.main"},
	{SITUATION_CHILD, PART_CALL,
     "internal/syscall/unix.Waitid os.(*Process).pidfdWait.func1 os.ignoringEINTR "
     "os.(*Process).pidfdWait os.(*Process).wait os.(*Process).Wait "
     "os/exec.(*Cmd).Wait os/exec.(*Cmd).Run main.main"},
	{SITUATION_PERMIT, PART_CALL,
     "runtime.selectgo golang.org/x/sync/semaphore.(*Weighted).Acquire "
     "main.(*server).ServeHTTP net/http.serverHandler.ServeHTTP "
     "net/http.(*conn).serve"},
	{SITUATION_ORDINARY, PART_CALL, "runtime.chansend1 main.produce main.main.func1"},
	{SITUATION_ORDINARY, PART_CALL,
     "runtime.chanrecv1 main.ask main.(*server).ServeHTTP "
     "net/http.serverHandler.ServeHTTP net/http.(*conn).serve"},
	{SITUATION_ORDINARY, PART_CALL, "runtime.chanrecv1 main.next main.step main.run"},
	{SITUATION_WORKER, PART_CALL, "runtime.selectgo main.work sync.(*WaitGroup).Go.func1"},
	{SITUATION_WORKER, PART_CALL, "runtime.chanrecv1 main.main runtime.main"},
	{SITUATION_OUTBOUND, PART_CALL,
     "time.Sleep main.(*conn).Query database/sql.ctxDriverStmtQuery "
     "database/sql.rowsiFromStatement database/sql.(*DB).queryDC "
     "database/sql.(*DB).QueryContext main.(*Store).Get main.work"},
	{SITUATION_OUTBOUND, PART_CALL,
     "time.Sleep main.open database/sql.dsnConnector.Connect "
     "database/sql.(*DB).conn database/sql.(*DB).QueryContext main.work"},
	{SITUATION_TRACER, PART_CALL,
     "runtime.selectgo net/http/pprof.sleep net/http/pprof.Trace "
     "net/http.HandlerFunc.ServeHTTP net/http.(*ServeMux).ServeHTTP "
     "net/http.serverHandler.ServeHTTP net/http.(*conn).serve"},
	{SITUATION_IDLE_CONNECTION, PART_CALL,
     "runtime.selectgo "
     "google.golang.org/grpc/internal/transport.(*controlBuffer).get "
     "google.golang.org/grpc/internal/transport.(*loopyWriter).run "
     "google.golang.org/grpc/internal/transport.NewServerTransport.func2"},
	{SITUATION_INBOUND, PART_CALL,
     "runtime.selectgo "
     "google.golang.org/grpc/internal/transport.(*recvBufferReader).read "
     "google.golang.org/grpc.(*serverStream).RecvMsg main.(*service).Chat "
     "google.golang.org/grpc.(*Server).processStreamingRPC "
     "google.golang.org/grpc.(*Server).handleStream "
     "google.golang.org/grpc.(*Server).serveStreams.func2.1"},
	{SITUATION_OUTBOUND, PART_CALL,
     "runtime.selectgo "
     "google.golang.org/grpc/internal/transport.(*recvBufferReader).readClient "
     "google.golang.org/grpc.(*csAttempt).recvMsg "
     "google.golang.org/grpc.(*clientStream).RecvMsg google.golang.org/grpc.invoke "
     "main.(*client).Get main.work"},
	{SITUATION_OUTBOUND, PART_ANSWER,
     "runtime.selectgo "
     "google.golang.org/grpc/internal/transport.(*recvBufferReader).readClient "
     "google.golang.org/grpc.(*csAttempt).recvMsg "
     "google.golang.org/grpc.(*clientStream).RecvMsg main.follow main.work"},
};

static struct {
	struct names names;
	struct stack stack[STACKS];
	struct stack_frame frame[STACKS * FRAMES];
	struct stacks stacks;
	struct situations situations;
} world;

static int set_up(void **state)
{
	(void)state;
	memset(&world, 0, sizeof world);
	world.stacks.stack = world.stack;
	world.stacks.frame = world.frame;
	situations_init(&world.situations, &world.stacks, &world.names);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	situations_finish(&world.situations);
	names_finish(&world.names);
	return 0;
}

static uint32_t name(const char *text)
{
	uint32_t number = names_intern(&world.names, text, strlen(text));
	assert_int_not_equal(number, NAME_ERROR);
	return number;
}

/* The number of a new stack. */
static uint32_t put(const char *text)
{
	struct stacks *s = &world.stacks;
	assert_true(s->n < STACKS);
	struct stack *stack = &world.stack[s->n++];
	stack->first = (uint32_t)s->frames;
	while (*text) {
		size_t n = strcspn(text, " ");
		assert_true(s->frames < STACKS * FRAMES);
		world.frame[s->frames++].function = names_intern(&world.names, text, n);
		stack->frames++;
		text += n + strspn(text + n, " ");
	}
	return (uint32_t)s->n;
}

static const char *site_of(uint32_t stack)
{
	uint32_t frame = situation_site(&world.situations, stack);
	return frame == UINT32_MAX ? "" : names_text(&world.names, world.frame[frame].function);
}

static const char *waits(enum situation situation)
{
	static const char *const words[SITUATION_COUNT] = {
		[SITUATION_UNKNOWN] = "for what the trace doesn't say",
		[SITUATION_ORDINARY] = "on the program's own channels",
		[SITUATION_SYSTEM] = "in the runtime's background",
		[SITUATION_TRACER] = "for the trace",
		[SITUATION_TRACE_WRITER] = "until the trace is written",
		[SITUATION_ACCEPT] = "for connections",
		[SITUATION_IDLE_CONNECTION] = "for the next request",
		[SITUATION_WORKER] = "for work",
		[SITUATION_SLEEP] = "in time.Sleep",
		[SITUATION_POOL] = "for a pooled connection",
		[SITUATION_PERMIT] = "for a permit of a semaphore",
		[SITUATION_DIAL] = "for a connection to another service",
		[SITUATION_OUTBOUND] = "on a call to another service",
		[SITUATION_LOOKUP] = "on the look-up of a name",
		[SITUATION_INBOUND] = "on its client",
		[SITUATION_NETWORK] = "on the network",
		[SITUATION_FILE] = "on a file",
		[SITUATION_CHILD] = "for another process",
		[SITUATION_CGO] = "in C",
		[SITUATION_LOCK] = "for a lock",
		[SITUATION_CONDITION] = "on a sync.Cond",
		[SITUATION_JOIN] = "for its own goroutines",
		[SITUATION_COLLECTOR] = "for the garbage collector",
	};
	return situation < SITUATION_COUNT ? words[situation] : words[SITUATION_UNKNOWN];
}

static void stacks_of_real_programs_are_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof stacks_of_programs / sizeof *stacks_of_programs; i++) {
		uint32_t stack = put(stacks_of_programs[i].stack);
		enum situation situation = situation_of(&world.situations, stack);
		if (situation != stacks_of_programs[i].situation)
			fail_msg("%s: it waits %s, not %s", stacks_of_programs[i].stack,
			         waits(stacks_of_programs[i].situation), waits(situation));
		if (situation_part(&world.situations, stack) != stacks_of_programs[i].part)
			fail_msg("%s: the part of the call is wrong", stacks_of_programs[i].stack);
		/* and once more, from memory */
		assert_int_equal(situation_of(&world.situations, stack), situation);
	}
}

static void without_a_stack_the_situation_is_unknown(void **state)
{
	(void)state;
	assert_int_equal(situation_of(&world.situations, STACK_NONE), SITUATION_UNKNOWN);
	assert_int_equal(situation_of(&world.situations, 7), SITUATION_UNKNOWN);
	assert_int_equal(situation_site(&world.situations, STACK_NONE), UINT32_MAX);
	assert_false(situation_is_idle(SITUATION_UNKNOWN));
}

static void names_of_the_program_mean_nothing(void **state)
{
	static const char *const names[] = {
		"main.(*Pool).conn",
		"main.(*DB).conn",
		"example.org/sql.(*DB).conn",
		"main.Accept",
		"main.readLoop",
		"example.org/net/http.(*persistConn).readLoop",
		"main.function",
		"main.(*Mutex).Lock",
		"example.org/app/runtime.ReadTrace",
		"main.main.func1",
		"golang.org/x/net/html.Parse",
		"go.example.com/app/store.work",
		"text.example.com/log.Print",
		"go.uber.org/zap.(*Logger).Info",
	};
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_int_equal(known_function(names[i]), KNOWN_NOTHING);
}

static void a_known_name_is_known_as_a_whole(void **state)
{
	(void)state;
	assert_int_equal(known_function("database/sql.(*DB).conn"), KNOWN_POOL_AND_NEW);
	assert_int_equal(known_function("database/sql.(*DB).conn.func1"), KNOWN_POOL_AND_NEW);
	assert_int_equal(known_function("database/sql.(*DB).connectionOpener"), KNOWN_LOOP);
	assert_int_equal(known_function("database/sql.(*DB).connSomethingNew"), KNOWN_CLIENT);
	assert_int_equal(known_function("runtime.gopark"), KNOWN_RUNTIME);
	assert_int_equal(known_function("strings.Repeat"), KNOWN_STANDARD);
	assert_int_equal(known_function("runtime/trace.WithRegion"), KNOWN_STANDARD);
	assert_int_equal(known_function(""), KNOWN_NOTHING);
}

static void an_import_path_without_a_dot_at_its_top_is_of_the_standard_library(void **state)
{
	static const struct {
		const char *name;
		bool standard;
	} rows[] = {
		{"go.uber.org/zap.(*Logger).Info", false},
		{"go.etcd.io/bbolt.Open", false},
		{"go.example.com/app/store.work", false},
		{"text.example.com/a.B", false},
		{"golang.org/x/net/http2.(*Transport).RoundTrip", false},
		{"main.main", false},
		{"main.call[go.shape.*net/http.Request]", false},
		{"net/http.(*conn).serve", true},
		{"runtime.main", true},
		{"crypto/tls.(*Conn).Read", true},
		{"go/parser.ParseFile", true},
		{"vendor/golang.org/x/net/http2/hpack.(*Decoder).Write", true},
		{"slices.SortFunc[go.shape.[]go.uber.org/zap.Field]", true},
		{"sync.(*Map).Range", true},
		{"type:.eq.go.uber.org/zap.Field", true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (known_is_standard(rows[i].name) != rows[i].standard)
			fail_msg("%s", rows[i].name);
}

static void goroutines_have_the_role_of_their_start(void **state)
{
	static const struct {
		const char *function;
		enum role role;
	} rows[] = {
		{"net/http.(*conn).serve", ROLE_CONNECTION},
		{"net/http.(*http2serverConn).runHandler", ROLE_REQUEST},
		{"net/http/internal/http2.(*serverConn).runHandler", ROLE_REQUEST},
		{"google.golang.org/grpc.(*Server).serveStreams.func2.1", ROLE_REQUEST},
		{"net/http.(*persistConn).readLoop", ROLE_LOOP},
		{"net/http.(*connReader).backgroundRead", ROLE_LOOP},
		{"database/sql.(*DB).connectionOpener", ROLE_LOOP},
		{"runtime.main", ROLE_MAIN},
		{"main.main", ROLE_MAIN},
		{"main.main.func1", ROLE_ORDINARY},
		{"runtime.gcBgMarkWorker", ROLE_SYSTEM},
		{"runtime/trace.Start.func1", ROLE_TRACER},
		{"runtime/trace.(*traceMultiplexer).startLocked.func1", ROLE_TRACER},
		{"main.serve", ROLE_ORDINARY},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(situation_role(&world.situations, name(rows[i].function)), rows[i].role);
	assert_int_equal(situation_role(&world.situations, NAME_NONE), ROLE_ORDINARY);
	assert_true(role_is_background(ROLE_LOOP));
	assert_false(role_is_background(ROLE_REQUEST));
}

static enum situation ended(const char *stack, const char *waker_stack)
{
	return situation_of_ended(&world.situations, put(stack),
	                          *waker_stack ? put(waker_stack) : STACK_NONE);
}

#define SERVED " net/http.serverHandler.ServeHTTP net/http.(*conn).serve"

static void who_ends_a_wait_tells_pools_and_semaphores(void **state)
{
	static const struct {
		enum situation situation;
		const char *stack, *waker;
	} rows[] = {
		{SITUATION_PERMIT, "runtime.chansend1 main.(*shop).list" SERVED,
	     "runtime.chanrecv1 main.(*shop).list" SERVED},
		{SITUATION_PERMIT, "runtime.chansend1 main.(*shop).list" SERVED,
	     "runtime.chanrecv1 main.(*shop).list.func1 main.(*shop).list" SERVED},
		{SITUATION_PERMIT, "runtime.selectgo main.(*gate).enter main.(*shop).list" SERVED,
	     "runtime.chanrecv1 main.(*gate).leave main.(*shop).list" SERVED},
		/* a message from one to the other */
		{SITUATION_ORDINARY, "runtime.chansend1 main.(*room).say main.(*shop).chat" SERVED,
	     "runtime.selectgo main.(*shop).chat" SERVED},
		{SITUATION_ORDINARY, "runtime.chansend1 main.(*shop).list" SERVED,
	     "runtime.chanrecv2 main.worker"},
		{SITUATION_ORDINARY, "runtime.chanrecv1 main.(*shop).list" SERVED,
	     "runtime.chansend1 main.(*shop).list" SERVED},
		{SITUATION_ORDINARY, "runtime.chansend1 main.(*shop).list" SERVED, ""},
		/* the HTTP client's limit of connections to one host */
		{SITUATION_POOL, "runtime.selectgo net/http.(*Transport).getConn main.get" SERVED,
	     "runtime.chansend1 net/http.(*Transport).tryPutIdleConn net/http.(*persistConn).readLoop"},
		{SITUATION_OUTBOUND, "runtime.selectgo net/http.(*Transport).getConn main.get" SERVED,
	     "runtime.closechan net/http.(*Transport).dialConnFor"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (ended(rows[i].stack, rows[i].waker) != rows[i].situation)
			fail_msg("%s, ended by %s, is not told to wait %s", rows[i].stack, rows[i].waker,
			         waits(rows[i].situation));
}

static void the_site_is_the_programs_own_frame(void **state)
{
	(void)state;
	assert_string_equal(site_of(
							put("runtime.selectgo database/sql.(*DB).conn database/sql.(*DB).query "
	                            "main.(*Store).Get net/http.HandlerFunc.ServeHTTP "
	                            "net/http.(*conn).serve")),
	                    "main.(*Store).Get");
	assert_string_equal(site_of(put("time.Sleep main.main runtime.main")), "main.main");
	/* none of it is the program's: where stacks_where says */
	assert_string_equal(site_of(put("runtime.selectgo net/http.(*persistConn).writeLoop")),
	                    "net/http.(*persistConn).writeLoop");
}

int main(void)
{
#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WORLD_TEST(stacks_of_real_programs_are_told_apart),
		WORLD_TEST(without_a_stack_the_situation_is_unknown),
		WORLD_TEST(names_of_the_program_mean_nothing),
		WORLD_TEST(a_known_name_is_known_as_a_whole),
		WORLD_TEST(an_import_path_without_a_dot_at_its_top_is_of_the_standard_library),
		WORLD_TEST(goroutines_have_the_role_of_their_start),
		WORLD_TEST(who_ends_a_wait_tells_pools_and_semaphores),
		WORLD_TEST(the_site_is_the_programs_own_frame),
	};
	return cmocka_run_group_tests_name("doctor_situations", tests, NULL, NULL);
}
