#include "goproc/gs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/hash.h"

/* runtime2.go: _Gidle and so on. 5 and 7 are not used. */
enum {
	G_IDLE,
	G_RUNNABLE,
	G_RUNNING,
	G_WAITING = 4,
	G_DEAD = 6,
	G_COPYSTACK = 8,
	G_PREEMPTED,
	G_LEAKED,
	G_DEADEXTRA,
};
#define G_SCAN 0x1000

#define CHUNK 512 /* Gs that are read together, at most */
/* Gs are read with what lies between them when that is cheaper than a span of their own. */
#define GAP_MAX    1024
#define ATTEMPTS   3 /* at a G that was torn, and at the list */
#define RECORD_MAX 1024
/* Since 1.26 a system call does not count as a state of its own (casgstatus). */
#define SYSCALLS_COUNT_UNTIL 25

/* What one chunk needs, kept between readings. */
struct gs_chunk {
	struct iovec span[CHUNK + 2];
	uint32_t at[CHUNK]; /* where each G's record is in `raw` */
	uint8_t *raw;
	size_t raw_capacity;
	struct gs_row row[CHUNK];
	struct gs_known *known[CHUNK]; /* of each row */
};

/* ---- the list ---- */

static int compare_known(const void *left, const void *right)
{
	const struct gs_known *a = left, *b = right;
	return (a->address > b->address) - (a->address < b->address);
}

static enum memory_result out_of_memory(void)
{
	errno = ENOMEM;
	return MEMORY_FAILED;
}

static bool reserve_known(struct gs *gs, size_t n)
{
	if (n <= gs->capacity)
		return true;
	size_t capacity = n + n / 8 + 64;
	struct gs_known *grown = realloc(gs->known, capacity * sizeof *grown);
	if (!grown)
		return false;
	gs->known = grown;
	gs->capacity = capacity;
	return true;
}

/* Sorts the `added` last ones in. */
static bool merge(struct gs *gs, size_t added)
{
	if (added == 0)
		return true;
	struct gs_known *tail = gs->known + gs->n, *copy = NULL;
	qsort(tail, added, sizeof *tail, compare_known);
	if (gs->n > 0 && tail[-1].address > tail->address) {
		copy = malloc(added * sizeof *copy);
		if (!copy)
			return false;
		memcpy(copy, tail, added * sizeof *copy);
		size_t left = gs->n, right = added;
		for (size_t to = gs->n + added; right > 0;) {
			bool old = left > 0 && gs->known[left - 1].address > copy[right - 1].address;
			gs->known[--to] = old ? gs->known[--left] : copy[--right];
		}
	}
	free(copy);
	gs->n += added;
	return true;
}

/* Takes over `n` Gs of the runtime's list, in one read: an array that has become too small is soon
   used for something else. */
static enum memory_result take_new(struct gs *gs, uint64_t array, size_t n)
{
	if (!reserve_known(gs, gs->n + n))
		return out_of_memory();
	uint64_t *address = malloc((n + 1) * sizeof *address);
	if (!address)
		return out_of_memory();
	enum memory_result result =
		n > 0 ? memory_read(gs->memory, array + gs->n * 8, address, n * 8) : MEMORY_OK;
	for (size_t i = 0; i < n && result == MEMORY_OK; i++) {
		if (address[i] == 0 || address[i] % 8 != 0)
			result = MEMORY_FAULT;
		gs->known[gs->n + i] =
			(struct gs_known){.address = address[i],
		                      .since_ns = gs->was_read ? GS_NOTHING : GS_NEVER_SEEN};
	}
	free(address);
	if (result == MEMORY_OK && !merge(gs, n))
		return out_of_memory();
	return result;
}

/* Finds the Gs that were added since the last time: at the end of the list, for the runtime never
   gives one up (proc.go, allgadd). */
static enum memory_result refresh(struct gs *gs)
{
	/* In this order: the array may have grown by then, but never shrunk. */
	const struct iovec spans[] = {memory_span(gs->allglen, 8), memory_span(gs->allgptr, 8)};
	uint64_t head[2];
	enum memory_result result = memory_gather(gs->memory, head, spans, 2);
	if (result != MEMORY_OK)
		return result;
	if (head[0] < gs->n || head[0] > GS_MAX)
		return MEMORY_FAULT;
	size_t added = (size_t)head[0] - gs->n;
	result = take_new(gs, head[1], added);
	for (size_t i = 1; i < gs->n && added > 0 && result == MEMORY_OK; i++) {
		if (gs->known[i].address == gs->known[i - 1].address) {
			gs->n = 0;
			result = MEMORY_FAULT;
		}
	}
	return result;
}

/* ---- one record ---- */

/* Without the bit of the scan. */
static bool is_status(uint32_t status, int minor)
{
	return status <= (minor >= 26 ? G_DEADEXTRA : G_PREEMPTED) && status != 5 && status != 7;
}

/* The members of a G are in every version (objects.h), so that they can be had without asking. */
static uint64_t word(const struct gs *gs, const uint8_t *record, enum g_member member)
{
	uint64_t value;
	memcpy(&value, record + gs->object.member[member].at, sizeof value);
	return value;
}

static uint8_t byte(const struct gs *gs, const uint8_t *record, enum g_member member)
{
	return record[gs->object.member[member].at];
}

/* One record; all of the row but since when and where. */
static enum gs_verdict gs_decode(const struct gs *gs, const uint8_t *record, uint64_t goidgen,
                                 struct gs_row *row)
{
#define WORD(member) word(gs, record, IN_G_##member)
#define BYTE(member) byte(gs, record, IN_G_##member)
	uint32_t whole;
	memcpy(&whole, record + gs->object.member[IN_G_STATUS].at, sizeof whole);
	uint32_t status = whole & ~(uint32_t)G_SCAN;
	uint64_t low = WORD(STACK_LOW), high = WORD(STACK_HIGH), goid = WORD(GOID);
	if (!is_status(status, gs->minor))
		return GS_TORN;
	if (status == G_IDLE || status == G_DEAD || status == G_DEADEXTRA)
		return GS_DEAD;
	if (goid == 0 || goid > goidgen || goid > INT64_MAX || low >= high)
		return GS_TORN;
	*row = (struct gs_row){
		.goroutine =
			{
				.goid = (int64_t)goid,
				/* The first one is made by the code that starts the program. */
				.creator = goid == 1 ? 0 : WORD(GOPC),
				.start = WORD(STARTPC),
				.status = (uint8_t)status,
				.is_locked = WORD(LOCKEDM) != 0,
			},
		.m = WORD(M),
		.stack_end = high,
		.waitsince = (int64_t)WORD(WAITSINCE),
		.stamp = (int64_t)WORD(STAMP),
		.sequence = BYTE(SEQUENCE),
	};
	/* What it was before says nothing of one that does not wait now. */
	if (status == G_WAITING || status == G_LEAKED)
		row->goroutine.reason = BYTE(WAITREASON);
	if (status == G_RUNNING || status == G_COPYSTACK)
		return GS_ALIVE;
	/* traceback.go, unwinder.initAt */
	uint64_t syscallsp = WORD(SYSCALLSP);
	row->in_syscall = syscallsp != 0;
	if (status == G_SYSCALL && !row->in_syscall)
		return GS_ALIVE;
	row->pc = row->in_syscall ? WORD(SYSCALLPC) : WORD(PC);
	row->sp = row->in_syscall ? syscallsp : WORD(SP);
#undef WORD
#undef BYTE
	if (row->sp < low || row->sp > high || row->sp % 8 != 0) {
		/* It enters or leaves a system call; or another one's status with this one's stack. */
		row->pc = row->sp = 0;
		return status == G_SYSCALL ? GS_ALIVE : GS_TORN;
	}
	return GS_ALIVE;
}

/*
 * Equal for two records of a goroutine that has not run in between. The collector may have moved
 * its stack, which then is as deep as it was, and it may have found that nothing can wake it.
 */
static uint32_t key_of(const struct gs_row *row)
{
	uint64_t status = row->goroutine.status == G_LEAKED ? G_WAITING : row->goroutine.status;
	uint64_t state = (uint64_t)row->tick << 32 | status << 24 |
	                 (uint32_t)row->goroutine.reason << 16 | (row->sequence & 0xff);
	/* pc is 0 of those that run: what was saved last is no state of theirs. */
	uint64_t depth = row->pc ? row->stack_end - row->sp : 0;
	return (uint32_t)(hash_mix(hash_mix(hash_mix((uint64_t)row->goroutine.goid, state), row->pc),
	                           depth) >>
	                  32);
}

/* ---- since when ---- */

/*
 * The runtime keeps no such time. But it counts the states of a goroutine modulo 256, so that with
 * a look now and then it can be told whether it is still the same wait: a state that began before a
 * look and is there at the next is as old as the first look. Two clues make it exact, or older than
 * the first look: every eighth state that is measured has a stamp (casgstatus), and the garbage
 * collector notes since when a goroutine has not run (waitsince; execute resets it).
 */
static void track(struct gs *gs, struct gs_known *known, int64_t now_ns, struct gs_row *row)
{
	uint32_t key = key_of(row);
	bool measured = row->goroutine.status == G_RUNNABLE || row->goroutine.status == G_WAITING;
	if (known->since_ns <= 0 || known->key != key) {
		known->is_at_least = known->since_ns == GS_NEVER_SEEN;
		known->since_ns = now_ns;
		known->key = key;
		known->place = 0;
	}
	if (measured && row->stamp > 0 && row->stamp <= now_ns) {
		known->since_ns = row->stamp;
		known->is_at_least = 0;
	} else if (known->is_at_least && row->waitsince > 0 && row->waitsince < known->since_ns) {
		known->since_ns = row->waitsince;
	}
	row->goroutine.since_ns = known->since_ns;
	row->goroutine.is_at_least = known->is_at_least;
	row->goroutine.handle = (uint32_t)(known - gs->known);
}

/* What tells one system call from the next: their M's count. */
static enum memory_result count_syscalls(struct gs *gs, size_t rows)
{
	struct gs_chunk *chunk = gs->chunk;
	size_t n = 0;
	uint32_t which[CHUNK], tick[CHUNK];
	if (gs->minor <= SYSCALLS_COUNT_UNTIL || gs->m_syscalltick < 0)
		return MEMORY_OK;
	for (size_t i = 0; i < rows; i++) {
		if (chunk->row[i].goroutine.status != G_SYSCALL || chunk->row[i].m == 0)
			continue;
		chunk->span[n] = memory_span(chunk->row[i].m + (uint64_t)gs->m_syscalltick, sizeof *tick);
		which[n++] = (uint32_t)i;
	}
	if (n == 0)
		return MEMORY_OK;
	enum memory_result result = memory_gather(gs->memory, tick, chunk->span, n);
	for (size_t k = 0; k < n && result == MEMORY_OK; k++)
		chunk->row[which[k]].tick = tick[k];
	return result == MEMORY_FAULT ? MEMORY_OK : result;
}

/* ---- reading ---- */

static uint64_t record_offset(const struct gs *gs)
{
	return gs->object.span[0].offset;
}

struct iovec gs_span(const struct gs *gs, uint32_t handle)
{
	return memory_span(gs->known[handle].address + record_offset(gs), gs->object.bytes);
}

bool gs_is_same(const struct gs *gs, const uint8_t *record, const struct gs_row *row)
{
	struct gs_row now;
	if (gs_decode(gs, record, INT64_MAX, &now) != GS_ALIVE)
		return false;
	now.tick = row->tick;
	return key_of(&now) == key_of(row) && now.sp == row->sp && now.stack_end == row->stack_end;
}

/* The spans of the Gs from `first` on, with the gaps between them where those are small; the last
   span is the counter of goroutine ids, which bounds all of them because it is read last. */
static bool plan(struct gs *gs, size_t first, size_t n, size_t *spans, size_t *bytes)
{
	struct gs_chunk *chunk = gs->chunk;
	uint64_t end = 0;
	*spans = *bytes = 0;
	for (size_t i = 0; i < n; i++) {
		uint64_t start = gs->known[first + i].address + record_offset(gs);
		size_t length = gs->object.bytes;
		if (*spans > 0 && start - end <= GAP_MAX) {
			struct iovec *span = &chunk->span[*spans - 1];
			length += (size_t)(start - end);
			span->iov_len += length;
		} else {
			chunk->span[(*spans)++] = memory_span(start, length);
		}
		*bytes += length;
		chunk->at[i] = (uint32_t)(*bytes - gs->object.bytes);
		end = start + gs->object.bytes;
	}
	chunk->span[(*spans)++] = memory_span(gs->goidgen, 8);
	*bytes += 8;
	if (*bytes > chunk->raw_capacity) {
		uint8_t *raw = realloc(chunk->raw, *bytes);
		if (!raw)
			return false;
		chunk->raw = raw;
		chunk->raw_capacity = *bytes;
	}
	return true;
}

static enum memory_result read_alone(struct gs *gs, const struct gs_known *known,
                                     enum gs_verdict *verdict, struct gs_row *row)
{
	uint8_t raw[RECORD_MAX + 8];
	const struct iovec spans[] = {
		memory_span(known->address + record_offset(gs), gs->object.bytes),
		memory_span(gs->goidgen, 8),
	};
	*verdict = GS_TORN;
	for (int attempt = 0; attempt < ATTEMPTS && *verdict == GS_TORN; attempt++) {
		enum memory_result result = memory_gather(gs->memory, raw, spans, 2);
		if (result == MEMORY_FAULT)
			continue;
		if (result != MEMORY_OK)
			return result;
		*verdict = gs_decode(gs, raw, memory_u64(raw + gs->object.bytes), row);
	}
	return MEMORY_OK;
}

/* Reads and decodes `n` Gs into the chunk's rows. */
static enum memory_result read_chunk(struct gs *gs, size_t first, size_t n, size_t *rows,
                                     uint32_t *dropped)
{
	struct gs_chunk *chunk = gs->chunk;
	size_t spans, bytes;
	*rows = 0;
	if (!plan(gs, first, n, &spans, &bytes))
		return out_of_memory();
	enum memory_result together = memory_gather(gs->memory, chunk->raw, chunk->span, spans);
	if (together != MEMORY_OK && together != MEMORY_FAULT)
		return together;
	uint64_t goidgen = together == MEMORY_OK ? memory_u64(chunk->raw + bytes - 8) : 0;
	for (size_t i = 0; i < n; i++) {
		struct gs_known *known = &gs->known[first + i];
		struct gs_row *row = &chunk->row[*rows];
		enum gs_verdict verdict = GS_TORN;
		if (together == MEMORY_OK)
			verdict = gs_decode(gs, chunk->raw + chunk->at[i], goidgen, row);
		if (verdict == GS_TORN) {
			enum memory_result alone = read_alone(gs, known, &verdict, row);
			if (alone != MEMORY_OK)
				return alone;
		}
		if (verdict == GS_ALIVE) {
			chunk->known[(*rows)++] = known;
			continue;
		}
		*dropped += verdict == GS_TORN;
		known->since_ns = verdict == GS_DEAD ? GS_NOTHING : GS_NEVER_SEEN;
	}
	return MEMORY_OK;
}

static enum memory_result begin(struct gs *gs)
{
	if (gs->object.span_count != 1 || gs->object.bytes > RECORD_MAX)
		return MEMORY_FAULT;
	if (!gs->chunk && !(gs->chunk = calloc(1, sizeof *gs->chunk)))
		return out_of_memory();
	enum memory_result result = MEMORY_FAULT;
	for (int attempt = 0; attempt < ATTEMPTS && result == MEMORY_FAULT; attempt++)
		result = refresh(gs);
	if (result == MEMORY_FAULT) {
		/* Not the list that it was: begun anew next time. */
		gs->n = 0;
		gs->was_read = false;
	}
	return result;
}

enum reader_result gs_begin(struct gs *gs)
{
	gs->next = 0;
	return reader_result_of(begin(gs));
}

static enum memory_result read_next(struct gs *gs, size_t max, int64_t now_ns, gs_sink *sink,
                                    void *arg, uint32_t *dropped)
{
	size_t n = gs->n - gs->next, rows;
	if (n > max)
		n = max;
	if (n > CHUNK)
		n = CHUNK;
	enum memory_result result = read_chunk(gs, gs->next, n, &rows, dropped);
	if (result == MEMORY_OK)
		result = count_syscalls(gs, rows);
	for (size_t i = 0; i < rows && result == MEMORY_OK; i++)
		track(gs, gs->chunk->known[i], now_ns, &gs->chunk->row[i]);
	if (result == MEMORY_OK)
		result = sink(arg, gs->chunk->row, rows);
	gs->next += n;
	return result;
}

enum reader_result gs_next(struct gs *gs, size_t max, int64_t now_ns, gs_sink *sink, void *arg,
                           uint32_t *dropped, bool *more)
{
	enum memory_result result = MEMORY_OK;
	if (gs->next < gs->n)
		result = read_next(gs, max, now_ns, sink, arg, dropped);
	*more = result == MEMORY_OK && gs->next < gs->n;
	if (result == MEMORY_OK && !*more)
		gs->was_read = true;
	return reader_result_of(result);
}

enum memory_result gs_read_one(struct gs *gs, uint32_t handle, enum gs_verdict *verdict,
                               struct gs_row *row)
{
	*verdict = GS_TORN;
	if (handle >= gs->n)
		return MEMORY_OK;
	enum memory_result result = read_alone(gs, &gs->known[handle], verdict, row);
	row->goroutine.handle = handle;
	return result;
}

void gs_finish(struct gs *gs)
{
	if (gs->chunk)
		free(gs->chunk->raw);
	free(gs->chunk);
	free(gs->known);
	gs->chunk = NULL;
	gs->known = NULL;
	gs->n = gs->capacity = 0;
}
