#include "tests/unit/goproc_fake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	GLOBALS = 0x10000,
	SCHED = 0x20000,
	ALLP = 0x30000,
	ALLGS = 0x40000,
	PS = 0x100000,
	MS = 0x400000,
	GS = 0x800000
};
enum {
	GOMAXPROCS_AT = GLOBALS,
	ALLP_AT = GLOBALS + 16,
	ALLM_AT = GLOBALS + 48,
	ALLGLEN_AT = GLOBALS + 64,
	ALLGPTR_AT = GLOBALS + 72,
};
enum { P_SIZE = 0x3000, M_SIZE = 0x800, G_SIZE = 0x400 };

/* Offsets as far apart as those of the runtime. */
static const int32_t p_offset[IN_P_COUNT] = {
	[IN_P_ID] = 0,           [IN_P_STATUS] = 4,       [IN_P_SCHEDTICK] = 16,
	[IN_P_SYSCALLTICK] = 20, [IN_P_M] = 56,           [IN_P_RUNQHEAD] = 0x400,
	[IN_P_RUNQTAIL] = 0x404, [IN_P_RUNNEXT] = 0xc08,  [IN_P_GFREE] = 0xc18,
	[IN_P_TIMERS] = 0x2418,  [IN_P_LIMITER] = 0x2008, [IN_P_WORKER_MODE] = 0x2010,
	[IN_P_CREATED] = 0x2800,
};
static const int32_t m_offset[IN_M_COUNT] = {
	[IN_M_ID] = 232,         [IN_M_TID] = 72,
	[IN_M_P] = 208,          [IN_M_CURG] = 184,
	[IN_M_MALLOCING] = 240,  [IN_M_THROWING] = 244,
	[IN_M_PREEMPTOFF] = 248, [IN_M_PREEMPTOFF_LENGTH] = 256,
	[IN_M_LOCKS] = 264,      [IN_M_DYING] = 268,
	[IN_M_SPINNING] = 276,   [IN_M_BLOCKED] = 277,
	[IN_M_INCGO] = 280,      [IN_M_LOCKEDG] = 380,
	[IN_M_ALLLINK] = 352,    [IN_M_SYSCALLTICK] = 720,
	[IN_M_LOCK_WAIT] = 1400,
};
static const int32_t g_offset[IN_G_COUNT] = {
	[IN_G_GOID] = 152,      [IN_G_STATUS] = 144,    [IN_G_STARTPC] = 296,   [IN_G_STACK_LOW] = 0,
	[IN_G_STACK_HIGH] = 8,  [IN_G_M] = 48,          [IN_G_PC] = 64,         [IN_G_SP] = 56,
	[IN_G_SYSCALLPC] = 112, [IN_G_SYSCALLSP] = 104, [IN_G_WAITSINCE] = 168, [IN_G_WAITREASON] = 176,
	[IN_G_SEQUENCE] = 193,  [IN_G_STAMP] = 200,     [IN_G_LOCKEDM] = 216,   [IN_G_GOPC] = 280,
};

#define KIND(id, paths, kind, since) MEMBER_##kind,
static const enum member_kind p_kind[] = {P_MEMBERS(KIND)};
static const enum member_kind m_kind[] = {M_MEMBERS(KIND)};
static const enum member_kind g_kind[] = {G_MEMBERS(KIND)};
#undef KIND
#define SINCE(id, paths, kind, since) since,
static const int p_since[] = {P_MEMBERS(SINCE)};
static const int m_since[] = {M_MEMBERS(SINCE)};
static const int g_since[] = {G_MEMBERS(SINCE)};
#undef SINCE

uint64_t fake_p(size_t i)
{
	return PS + i * P_SIZE;
}

uint64_t fake_m(size_t i)
{
	return MS + i * M_SIZE;
}

uint64_t fake_g(size_t i)
{
	return GS + i * G_SIZE;
}

uint8_t *fake_bytes(struct fake *fake, uint64_t address, size_t n)
{
	for (size_t i = 0; i < fake->regions; i++) {
		struct fake_region *region = &fake->region[i];
		if (address >= region->address && n <= region->size &&
		    address - region->address <= region->size - n)
			return region->bytes + (address - region->address);
	}
	return NULL;
}

static ssize_t fake_readv(void *context, void *to, size_t size, const struct iovec *remote,
                          size_t n)
{
	struct fake *fake = context;
	uint8_t *at = to;
	fake->calls++;
	if (fake->before_call)
		fake->before_call(fake, fake->calls);
	if (fake->fail_with) {
		errno = fake->fail_with;
		return -1;
	}
	for (size_t i = 0; i < n; i++) {
		const uint8_t *from = fake_bytes(fake, (uintptr_t)remote[i].iov_base, remote[i].iov_len);
		if (!from || remote[i].iov_len > size - (size_t)(at - (uint8_t *)to)) {
			errno = EFAULT;
			return at == (uint8_t *)to ? -1 : at - (uint8_t *)to;
		}
		memcpy(at, from, remote[i].iov_len);
		at += remote[i].iov_len;
	}
	return at - (uint8_t *)to;
}

void fake_map(struct fake *fake, uint64_t address, size_t size)
{
	struct fake_region *region = &fake->region[fake->regions++];
	*region = (struct fake_region){address, size, calloc(1, size)};
	if (!region->bytes)
		abort();
}

static void set(struct fake *fake, uint64_t address, size_t size, uint64_t value)
{
	uint8_t *at = fake_bytes(fake, address, size);
	if (!at)
		abort();
	memcpy(at, &value, size);
}

static void set_member(struct fake *fake, const struct object *object, uint64_t address, int member,
                       uint64_t value)
{
	static const size_t size[] = {
		[MEMBER_U8] = 1, [MEMBER_I32] = 4, [MEMBER_U32] = 4, [MEMBER_I64] = 8, [MEMBER_U64] = 8};
	const struct object_member *m = &object->member[member];
	if (m->offset >= 0)
		set(fake, address + (uint32_t)m->offset, size[m->kind], value);
}

void fake_set_p(struct fake *fake, size_t i, enum p_member member, uint64_t value)
{
	set_member(fake, &fake->reader.objects.p, fake_p(i), (int)member, value);
}

void fake_set_m(struct fake *fake, size_t i, enum m_member member, uint64_t value)
{
	set_member(fake, &fake->reader.objects.m, fake_m(i), (int)member, value);
}

void fake_set_g(struct fake *fake, size_t i, enum g_member member, uint64_t value)
{
	set_member(fake, &fake->reader.objects.goroutine, fake_g(i), (int)member, value);
}

void fake_set_sched(struct fake *fake, struct layout_field field, uint64_t value)
{
	if (field.off >= 0)
		set(fake, SCHED + (uint64_t)field.off, (size_t)field.size, value);
}

void fake_set_procs(struct fake *fake, size_t np)
{
	set(fake, GOMAXPROCS_AT, 4, np);
	set(fake, ALLP_AT + 8, 8, np);
}

void fake_set_allm(struct fake *fake, uint64_t address)
{
	set(fake, ALLM_AT, 8, address);
}

void fake_set_allglen(struct fake *fake, uint64_t n)
{
	set(fake, ALLGLEN_AT, 8, n);
}

void fake_list_g(struct fake *fake, size_t place, uint64_t address)
{
	set(fake, ALLGS + place * 8, 8, address);
}

void fake_run(struct fake *fake, size_t p, size_t m, size_t g)
{
	fake_set_p(fake, p, IN_P_STATUS, 1);
	fake_set_p(fake, p, IN_P_M, fake_m(m));
	fake_set_m(fake, m, IN_M_P, fake_p(p));
	fake_set_m(fake, m, IN_M_CURG, fake_g(g));
	fake_set_g(fake, g, IN_G_STATUS, 2);
}

static void set_object(struct object *object, const int32_t *offset, const enum member_kind *kind,
                       const int *since, int minor, size_t n)
{
	*object = (struct object){.member_count = n};
	for (size_t i = 0; i < n; i++) {
		bool has = !since || since[i] <= minor;
		object->member[i] = (struct object_member){.offset = has ? offset[i] : -1, .kind = kind[i]};
	}
	object_pack(object, OBJECT_ALL);
}

struct fake *fake_create(int minor, size_t np, size_t nm)
{
	struct fake *fake = calloc(1, sizeof *fake);
	if (!fake)
		abort();
	fake->np = np;
	fake->nm = nm;
	struct reader *reader = &fake->reader;
	reader->memory = (struct memory){.readv = fake_readv, .context = fake};
	reader->globals = (struct globals){.sched = SCHED,
	                                   .allp = ALLP_AT,
	                                   .allm = ALLM_AT,
	                                   .gomaxprocs = GOMAXPROCS_AT,
	                                   .allglen = ALLGLEN_AT,
	                                   .allgptr = ALLGPTR_AT};
	reader->layout = layout_find(minor);
	reader->minor = minor;
	set_object(&reader->objects.p, p_offset, p_kind, p_since, minor, IN_P_COUNT);
	set_object(&reader->objects.m, m_offset, m_kind, m_since, minor, IN_M_COUNT);
	reader->objects.m_syscalltick = m_offset[IN_M_SYSCALLTICK];
	object_pack(&reader->objects.m, OBJECT_ALL & ~(1U << IN_M_SYSCALLTICK));
	set_object(&reader->objects.goroutine, g_offset, g_kind, g_since, minor, IN_G_COUNT);
	reader->objects.who = reader->objects.goroutine;
	object_pack(&reader->objects.who, G_WHO);

	fake_map(fake, GLOBALS, 0x1000);
	fake_map(fake, SCHED, layout_bytes(reader->layout));
	fake_map(fake, ALLP, FAKE_PROCS * 8);
	fake_map(fake, ALLGS, FAKE_GOROUTINES * 8);
	fake_map(fake, PS, (size_t)FAKE_PROCS * P_SIZE);
	fake_map(fake, MS, (size_t)FAKE_THREADS * M_SIZE);
	fake_map(fake, GS, (size_t)FAKE_GOROUTINES * G_SIZE);
	set(fake, ALLP_AT, 8, ALLP);
	for (size_t i = 0; i < FAKE_PROCS; i++) {
		set(fake, ALLP + i * 8, 8, fake_p(i));
		fake_set_p(fake, i, IN_P_ID, i);
	}
	for (size_t i = 0; i < FAKE_THREADS; i++) {
		fake_set_m(fake, i, IN_M_ID, i);
		fake_set_m(fake, i, IN_M_ALLLINK, i > 0 ? fake_m(i - 1) : 0);
		fake_set_m(fake, i, IN_M_TID, 1000 + i);
	}
	set(fake, ALLGPTR_AT, 8, ALLGS);
	for (size_t i = 0; i < FAKE_GOROUTINES; i++) {
		set(fake, ALLGS + i * 8, 8, fake_g(i));
		fake_set_g(fake, i, IN_G_GOID, 100 + i);
	}
	fake_set_procs(fake, np);
	fake_set_allm(fake, fake_m(nm - 1));
	fake_set_allglen(fake, 20);
	fake_set_sched(fake, reader->layout->goidgen, 200);
	fake_set_sched(fake, reader->layout->mnext, nm);
	fake_set_sched(fake, reader->layout->npidle, np);
	return fake;
}

void fake_destroy(struct fake *fake)
{
	reader_finish(&fake->reader);
	for (size_t i = 0; i < fake->regions; i++)
		free(fake->region[i].bytes);
	free(fake);
}
