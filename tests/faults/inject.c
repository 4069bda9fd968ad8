/*
 * A library for LD_PRELOAD that makes calls fail which hardly ever fail: allocations, reads,
 * openings, connections and writes. tests/e2e/faults_test.go builds it and says by the environment
 * what is to go wrong:
 *
 *   FAULT_KIND   a row of the table `kinds`: which calls, and how they fail
 *   FAULT_LIST   a file to which each place that makes such calls is written, a number and a name
 *                of the call a line; nothing fails then
 *   FAULT_PLACE  the number of the place that is to fail, from such a list
 *   FAULT_TURN   at which of its calls; 1 is the first
 *   FAULT_MANY   when set, all calls of the kind fail from then on
 *   FAULT_AFTER  a file: when it is there, the next call of the kind fails, wherever it is made
 *   FAULT_MARK   a file that is made when something has failed, with the callers
 *
 * A place is the chain of callers inside the program itself, so that it is the same one in every
 * run, whatever its threads do in which order, and each way to a function is tried once.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef _IO_ERR_SEEN
#define _IO_ERR_SEEN 0x20
#endif

#define DEPTH      40 /* callers looked at */
#define CHAIN      8  /* of the program itself, which make a place */
#define PLACES_MAX (1 << 16)

enum call {
	MEMORY = 1 << 0,
	OPEN = 1 << 1, /* whatever gives a descriptor */
	CONNECT = 1 << 2,
	READ = 1 << 3,
	WRITE = 1 << 4,
	SYNC = 1 << 5,
	RENAME = 1 << 6,
	CLOSE = 1 << 7,
	MAP = 1 << 8,
	THREAD = 1 << 9,
	DIRECTORY = 1 << 10,
};

static const struct kind {
	const char *name;
	unsigned calls;
	int why; /* 0: the call does less than it was asked for */
} kinds[] = {
	{"memory", MEMORY, ENOMEM},
	{"open", OPEN | DIRECTORY | MAP, EMFILE},
	{"thread", THREAD, EAGAIN},
	{"connect", CONNECT, ECONNREFUSED},
	{"connect-slow", CONNECT, EINTR},
	{"read", READ, EIO},
	{"read-reset", READ, ECONNRESET},
	{"read-interrupted", READ, EINTR},
	{"read-short", READ, 0},
	{"write", WRITE | SYNC | RENAME | DIRECTORY, ENOSPC},
	{"write-error", WRITE | SYNC | RENAME | CLOSE, EIO},
	{"write-interrupted", WRITE, EINTR},
	{"write-short", WRITE, 0},
};

static const struct kind *kind; /* NULL: not told to do anything, or not yet */
static struct {
	uintptr_t from, to; /* the program itself */
	int list;
	bool listing;
	uint64_t place;
	long turn;
	bool many;
	const char *mark, *after;
	atomic_bool failing;
	atomic_long turns;
	_Atomic uint64_t seen[PLACES_MAX];
} state = {.list = -1};

static _Thread_local bool inside __attribute__((tls_model("initial-exec")));

/* --- places ---------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t h, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		h = (h ^ (value >> 8 * i & 0xff)) * UINT64_C(1099511628211);
	return h;
}

static uint64_t find_place(enum call call)
{
	void *caller[DEPTH];
	int n = backtrace(caller, DEPTH), used = 0;
	uint64_t h = mix(UINT64_C(14695981039346656037), call);
	for (int i = 0; i < n && used < CHAIN; i++) {
		uintptr_t at = (uintptr_t)caller[i];
		if (at >= state.from && at < state.to) {
			h = mix(h, at - state.from);
			used++;
		}
	}
	return h ? h : 1;
}

/* Is it the first time? */
static bool remember(uint64_t place)
{
	for (size_t i = place % PLACES_MAX, tries = 0; tries < PLACES_MAX; tries++) {
		uint64_t free = 0;
		if (atomic_compare_exchange_strong(&state.seen[i], &free, place))
			return true;
		if (free == place)
			return false;
		i = (i + 1) % PLACES_MAX;
	}
	return false;
}

static void list(uint64_t place, const char *name)
{
	char line[80];
	int n = snprintf(line, sizeof line, "%016llx %s\n", (unsigned long long)place, name);
	if (remember(place))
		(void)!syscall(SYS_write, state.list, line, (size_t)n);
}

static void leave_mark(void)
{
	void *caller[DEPTH];
	long fd = state.mark
	              ? syscall(SYS_openat, AT_FDCWD, state.mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0644)
	              : -1;
	if (fd < 0)
		return;
	backtrace_symbols_fd(caller, backtrace(caller, DEPTH), (int)fd);
	syscall(SYS_close, fd);
}

/* Whether this call is to fail; then errno says why. */
static bool fails(enum call call, const char *name)
{
	if (!kind || inside || !(kind->calls & (unsigned)call))
		return false;
	if (state.failing) {
		errno = kind->why;
		return state.many;
	}
	int before = errno;
	inside = true;
	uint64_t place = state.after ? 0 : find_place(call);
	bool now = false;
	if (state.listing)
		list(place, name);
	else if (state.after)
		now = syscall(SYS_faccessat, AT_FDCWD, state.after, F_OK) == 0;
	else
		now = place == state.place && atomic_fetch_add(&state.turns, 1) + 1 == state.turn;
	if (now) {
		state.failing = true;
		leave_mark();
	}
	inside = false;
	errno = now ? kind->why : before;
	return now;
}

/* --- the beginning --------------------------------------------------------------------------- */

/* The first one is the program. */
static int find_program(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	(void)arg;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
			continue;
		state.from = info->dlpi_addr + p->p_vaddr;
		state.to = state.from + p->p_memsz;
	}
	return 1;
}

__attribute__((constructor)) static void begin(void)
{
	const char *name = getenv("FAULT_KIND"), *to = getenv("FAULT_LIST");
	const char *place = getenv("FAULT_PLACE"), *turn = getenv("FAULT_TURN");
	void *first[2];
	if (!name)
		return;
	backtrace(first, 2); /* it allocates the first time */
	dl_iterate_phdr(find_program, NULL);
	state.mark = getenv("FAULT_MARK");
	state.after = getenv("FAULT_AFTER");
	state.many = getenv("FAULT_MANY") != NULL;
	state.place = place ? strtoull(place, NULL, 16) : 0;
	state.turn = turn ? strtol(turn, NULL, 10) : 1;
	state.listing = to != NULL;
	if (to)
		state.list =
			(int)syscall(SYS_openat, AT_FDCWD, to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	/* Programs that this one starts are none of our business. */
	unsetenv("LD_PRELOAD");
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kinds[i].name, name) == 0)
			kind = &kinds[i];
}

/* --- allocations ----------------------------------------------------------------------------- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size)
{
	return fails(MEMORY, "malloc") ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails(MEMORY, "calloc") ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	return fails(MEMORY, "realloc") ? NULL : __libc_realloc(p, size);
}

void *reallocarray(void *p, size_t n, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(n, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return fails(MEMORY, "reallocarray") ? NULL : __libc_realloc(p, bytes);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return fails(MEMORY, "aligned_alloc") ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **p, size_t alignment, size_t size)
{
	if (fails(MEMORY, "posix_memalign"))
		return ENOMEM;
	*p = __libc_memalign(alignment, size);
	return *p ? 0 : ENOMEM;
}

/* --- all others ------------------------------------------------------------------------------ */

/* CALL(kind, result, on failure, name, parameters, arguments): a function that fails in one way and
   else is the C library's. */
#define CALL(call, type, failure, name, parameters, arguments) \
	type name parameters                                       \
	{                                                          \
		static type(*next) parameters;                         \
		if (!next)                                             \
			*(void **)&next = dlsym(RTLD_NEXT, #name);         \
		if (fails(call, #name))                                \
			return failure;                                    \
		return next arguments;                                 \
	}

CALL(CONNECT, int, -1, connect, (int fd, const struct sockaddr *to, socklen_t size), (fd, to, size))
CALL(OPEN, int, -1, socket, (int family, int type, int protocol), (family, type, protocol))
CALL(OPEN, int, -1, pipe2, (int fd[2], int flags), (fd, flags))
CALL(OPEN, int, -1, eventfd, (unsigned value, int flags), (value, flags))
CALL(OPEN, int, -1, epoll_create1, (int flags), (flags))
CALL(OPEN, FILE *, NULL, fopen, (const char *path, const char *mode), (path, mode))
CALL(OPEN, FILE *, NULL, fopen64, (const char *path, const char *mode), (path, mode))
CALL(OPEN, FILE *, NULL, fdopen, (int fd, const char *mode), (fd, mode))
CALL(OPEN, DIR *, NULL, opendir, (const char *path), (path))
CALL(OPEN, DIR *, NULL, fdopendir, (int fd), (fd))
CALL(DIRECTORY, int, -1, mkdir, (const char *path, mode_t mode), (path, mode))
CALL(DIRECTORY, int, -1, mkdirat, (int at, const char *path, mode_t mode), (at, path, mode))
CALL(MAP, void *, MAP_FAILED, mmap,
     (void *at, size_t size, int protection, int flags, int fd, off_t offset),
     (at, size, protection, flags, fd, offset))
CALL(MAP, void *, MAP_FAILED, mmap64,
     (void *at, size_t size, int protection, int flags, int fd, off64_t offset),
     (at, size, protection, flags, fd, offset))
CALL(THREAD, int, EAGAIN, pthread_create,
     (pthread_t * thread, const pthread_attr_t *how, void *(*run)(void *), void *arg),
     (thread, how, run, arg))
CALL(SYNC, int, -1, fsync, (int fd), (fd))
CALL(SYNC, int, -1, fdatasync, (int fd), (fd))
CALL(SYNC, int, -1, ftruncate, (int fd, off_t size), (fd, size))
CALL(SYNC, int, -1, ftruncate64, (int fd, off64_t size), (fd, size))
CALL(RENAME, int, -1, rename, (const char *from, const char *to), (from, to))
CALL(RENAME, int, -1, renameat, (int at, const char *from, int there, const char *to),
     (at, from, there, to))
CALL(RENAME, int, -1, renameat2,
     (int at, const char *from, int there, const char *to, unsigned flags),
     (at, from, there, to, flags))
CALL(RENAME, int, -1, linkat, (int at, const char *from, int there, const char *to, int flags),
     (at, from, there, to, flags))
CALL(READ, ssize_t, -1, readlink, (const char *path, char *to, size_t size), (path, to, size))
CALL(READ, ssize_t, -1, recvmsg, (int fd, struct msghdr *message, int flags), (fd, message, flags))

/* It is closed all the same, as the kernel does. */
int close(int fd)
{
	bool failed = fails(CLOSE, "close");
	int result = (int)syscall(SYS_close, fd);
	if (!failed)
		return result;
	errno = kind->why;
	return -1;
}

/* An eventfd, a pipe of our own: neither can a disk be full there nor a connection be reset. And a
   terminal that can't be written to can't be restored either. */
static bool is_sure(int fd)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return false;
	mode_t type = st.st_mode & S_IFMT;
	return type == 0 || (type == S_IFIFO && fd > STDERR_FILENO) ||
	       (type == S_IFCHR && kind->why && kind->why != EINTR && isatty(fd));
}

/* The mode is there when a file may be made. */
#define OPENING(name, parameters, directory, path, more)                                         \
	int name parameters                                                                          \
	{                                                                                            \
		va_list list;                                                                            \
		va_start(list, flags);                                                                   \
		mode_t mode = flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)) ? va_arg(list, mode_t) : 0; \
		va_end(list);                                                                            \
		return fails(OPEN, #name)                                                                \
		           ? -1                                                                          \
		           : (int)syscall(SYS_openat, directory, path, flags | (more), mode);            \
	}
OPENING(open, (const char *path, int flags, ...), AT_FDCWD, path, 0)
OPENING(open64, (const char *path, int flags, ...), AT_FDCWD, path, 0)
OPENING(openat, (int at, const char *path, int flags, ...), at, path, 0)
OPENING(openat64, (int at, const char *path, int flags, ...), at, path, 0)

/* What transfers bytes may also transfer less than all. Before and after: what the size is. */
#define TRANSFER(call, name, parameters, size, arguments)            \
	ssize_t name parameters                                          \
	{                                                                \
		static ssize_t(*next) parameters;                            \
		if (!next)                                                   \
			*(void **)&next = dlsym(RTLD_NEXT, #name);               \
		if (kind && !inside && !is_sure(fd) && fails(call, #name)) { \
			if (kind->why)                                           \
				return -1;                                           \
			size = size > 1 ? size / 2 : size;                       \
		}                                                            \
		return next arguments;                                       \
	}
TRANSFER(READ, read, (int fd, void *to, size_t size), size, (fd, to, size))
TRANSFER(READ, pread, (int fd, void *to, size_t size, off_t at), size, (fd, to, size, at))
TRANSFER(READ, pread64, (int fd, void *to, size_t size, off64_t at), size, (fd, to, size, at))
TRANSFER(READ, recv, (int fd, void *to, size_t size, int flags), size, (fd, to, size, flags))
TRANSFER(WRITE, write, (int fd, const void *from, size_t size), size, (fd, from, size))
TRANSFER(WRITE, pwrite, (int fd, const void *from, size_t size, off_t at), size,
         (fd, from, size, at))
TRANSFER(WRITE, pwrite64, (int fd, const void *from, size_t size, off64_t at), size,
         (fd, from, size, at))
TRANSFER(WRITE, send, (int fd, const void *from, size_t size, int flags), size,
         (fd, from, size, flags))

/* The memory of another process; less of it is what comes before an address that is not mapped. */
ssize_t process_vm_readv(pid_t pid, const struct iovec *to, unsigned long to_n,
                         const struct iovec *from, unsigned long from_n, unsigned long flags)
{
	if (fails(READ, "process_vm_readv")) {
		if (kind->why) {
			errno = EFAULT;
			return -1;
		}
		from_n = from_n > 1 ? from_n / 2 : from_n;
	}
	return syscall(SYS_process_vm_readv, pid, to, to_n, from, from_n, flags);
}

/* Streams, which the C library reads and writes without asking us. */
size_t fwrite(const void *from, size_t size, size_t n, FILE *file)
{
	static size_t (*next)(const void *, size_t, size_t, FILE *);
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "fwrite");
	if (!kind || inside || is_sure(fileno(file)) || !fails(WRITE, "fwrite") || !kind->why ||
	    kind->why == EINTR)
		return next(from, size, n, file);
	file->_flags |= _IO_ERR_SEEN; /* as ferror has it */
	return 0;
}

int fflush(FILE *file)
{
	static int (*next)(FILE *);
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "fflush");
	return kind && !inside && file && !is_sure(fileno(file)) && fails(SYNC, "fflush") ? EOF
	                                                                                  : next(file);
}

size_t fread(void *to, size_t size, size_t n, FILE *file)
{
	static size_t (*next)(void *, size_t, size_t, FILE *);
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "fread");
	if (!fails(READ, "fread") || !kind->why || kind->why == EINTR)
		return next(to, size, n, file);
	file->_flags |= _IO_ERR_SEEN;
	return 0;
}
