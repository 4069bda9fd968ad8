#include "tests/unit/goproc_world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { STACKS = 0x10000000, TABLES = 0x600000, WAITING = 4, REASON = 7 };
#define FRAME (TABLES_WORKER_STACK + 8U)

static ssize_t read_tables(void *context, void *to, size_t size, const struct iovec *remote,
                           size_t n)
{
	const struct world *world = context;
	uint64_t at = (uintptr_t)remote->iov_base - TABLES;
	if (n != 1 || at > world->tables_n || size > world->tables_n - at) {
		errno = EFAULT;
		return -1;
	}
	memcpy(to, world->tables + at, size);
	return (ssize_t)size;
}

static void open_tables(struct world *world, int minor)
{
	struct tables tables = tables_write(world->tables, minor);
	struct moduledata module = {
		.pclntab = TABLES,
		.text = WORLD_TEXT,
		.etext = WORLD_TEXT + TABLES_END,
		.gofunc = TABLES + tables.gofunc,
	};
	world->tables_n = tables.n;
	for (size_t i = 0; i < MODULE_TABLES; i++)
		module.table[i] = (struct extent){TABLES + tables.table[i].start, tables.table[i].size};
	world->tables_memory = (struct memory){.readv = read_tables, .context = world};
	struct error error;
	if (pclntab_create(&world->pclntab, &world->tables_memory, &module, 0, minor, &error) !=
	    STATUS_OK)
		abort();
}

enum reader_result world_read(struct world *world, size_t max, int64_t now_ns, gs_sink *sink,
                              void *arg, uint32_t *dropped)
{
	bool more = true;
	enum reader_result result = gs_begin(&world->gs);
	*dropped = 0;
	while (result == READER_OK && more)
		result = gs_next(&world->gs, max, now_ns, sink, arg, dropped, &more);
	return result;
}

uint64_t world_stack_end(size_t i)
{
	return STACKS + (i + 1) * WORLD_STACK;
}

void world_set_stack(struct world *world, size_t i, uint64_t pc, const uint64_t *returns, size_t n)
{
	uint64_t end = world_stack_end(i), sp = end - n * FRAME;
	for (size_t k = 0; k < n; k++) {
		uint8_t *at = fake_bytes(world->fake, sp + (k + 1) * FRAME - 8, 8);
		if (!at)
			abort();
		memcpy(at, &returns[k], 8);
	}
	fake_set_g(world->fake, i, IN_G_PC, pc);
	fake_set_g(world->fake, i, IN_G_SP, sp);
}

struct world *world_create(int minor)
{
	struct world *world = calloc(1, sizeof *world);
	if (!world)
		abort();
	world->fake = fake_create(minor, 2, 3);
	const struct reader *reader = &world->fake->reader;
	world->gs = (struct gs){
		.memory = &world->fake->reader.memory,
		.object = reader->objects.goroutine,
		.allglen = reader->globals.allglen,
		.allgptr = reader->globals.allgptr,
		.goidgen = reader->globals.sched + (uint64_t)reader->layout->goidgen.off,
		.m_syscalltick = reader->objects.m_syscalltick,
		.minor = minor,
	};
	open_tables(world, minor);
	world->unwinder = unwinder_create(world->pclntab);
	if (!world->unwinder)
		abort();
	world->stacks = (struct gstacks){.gs = &world->gs, .unwinder = world->unwinder};
	fake_map(world->fake, STACKS, (size_t)FAKE_GOROUTINES * WORLD_STACK);
	fake_set_allglen(world->fake, WORLD_GOROUTINES);
	for (size_t i = 0; i < FAKE_GOROUTINES; i++) {
		fake_set_g(world->fake, i, IN_G_STATUS, WAITING);
		fake_set_g(world->fake, i, IN_G_WAITREASON, REASON);
		fake_set_g(world->fake, i, IN_G_STACK_LOW, world_stack_end(i) - WORLD_STACK);
		fake_set_g(world->fake, i, IN_G_STACK_HIGH, world_stack_end(i));
		fake_set_g(world->fake, i, IN_G_STARTPC, WORLD_TEXT + TABLES_WORKER);
		fake_set_g(world->fake, i, IN_G_GOPC, WORLD_TEXT + TABLES_MAIN + 5);
		world_set_stack(world, i, WORLD_TEXT + TABLES_GOEXIT + 1, NULL, 0);
	}
	return world;
}

void world_destroy(struct world *world)
{
	gstacks_finish(&world->stacks);
	gs_finish(&world->gs);
	unwinder_destroy(world->unwinder);
	pclntab_destroy(world->pclntab);
	fake_destroy(world->fake);
	free(world);
}
