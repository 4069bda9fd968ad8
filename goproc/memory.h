/*
 * Reading another process's memory. `struct memory` is the one way goproc gets at the target's
 * bytes, behind a function pointer, so that tests and the fuzzer can put other bytes in its place.
 *
 * The caller owns the struct; it belongs to the thread of its goproc. Nothing is ever written.
 */
#ifndef SCHEDTOP_GOPROC_MEMORY_H
#define SCHEDTOP_GOPROC_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

/* Gathers the remote pieces one after another into `to`, which holds all of them. The number of
   bytes read, less than all when a piece can't be read, or -1 with errno when that is the first
   one: the contract of process_vm_readv(2) with one local piece. n is at most MEMORY_BATCH. */
typedef ssize_t memory_readv(void *context, void *to, size_t size, const struct iovec *remote,
                             size_t n);

struct memory {
	memory_readv *readv;
	void *context;
	uint64_t calls; /* so far */
};

#define MEMORY_BATCH 1024 /* IOV_MAX on Linux */

enum memory_result {
	MEMORY_OK,
	MEMORY_FAULT,  /* an address is not mapped */
	MEMORY_GONE,   /* no such process */
	MEMORY_DENIED, /* the kernel refuses */
	MEMORY_FAILED, /* anything else; errno tells */
};

static inline struct iovec memory_span(uint64_t address, size_t length)
{
	return (struct iovec){.iov_base = (void *)(uintptr_t)address, .iov_len = length};
}

/* All the spans, packed one after another into `to`. What `to` holds after a failure is
 * unspecified. */
enum memory_result memory_gather(struct memory *memory, void *to, const struct iovec *spans,
                                 size_t n);
/* One span. */
enum memory_result memory_read(struct memory *memory, uint64_t address, void *to, size_t length);

/* process_vm_readv; the context is a pid_t, which must outlive the memory. */
memory_readv memory_readv_process;

/* Words as the target stores them (amd64: little endian, like every machine this is built for). */
uint32_t memory_u32(const void *from);
uint64_t memory_u64(const void *from);

#endif
