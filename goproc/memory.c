#include "goproc/memory.h"

#include <errno.h>
#include <string.h>

ssize_t memory_readv_process(void *context, void *to, size_t size, const struct iovec *remote,
                             size_t n)
{
	const pid_t *pid = context;
	/* One local piece for all of the remote ones: the kernel fills it in their order. */
	struct iovec local = {.iov_base = to, .iov_len = size};
	return process_vm_readv(*pid, &local, 1, remote, n, 0);
}

static enum memory_result result_of_errno(int error)
{
	switch (error) {
	case EFAULT:
	case EIO: /* a file mapping beyond the end of its file */
		return MEMORY_FAULT;
	case ESRCH:
		return MEMORY_GONE;
	case EPERM:
	case EACCES:
		return MEMORY_DENIED;
	default:
		return MEMORY_FAILED;
	}
}

enum memory_result memory_gather(struct memory *memory, void *to, const struct iovec *spans,
                                 size_t n)
{
	uint8_t *at = to;
	for (size_t done = 0; done < n;) {
		size_t batch = n - done < MEMORY_BATCH ? n - done : MEMORY_BATCH, size = 0;
		for (size_t i = 0; i < batch; i++)
			size += spans[done + i].iov_len;
		memory->calls++;
		ssize_t got = memory->readv(memory->context, at, size, spans + done, batch);
		if (got < 0)
			return result_of_errno(errno);
		if ((size_t)got != size)
			return MEMORY_FAULT;
		at += size;
		done += batch;
	}
	return MEMORY_OK;
}

enum memory_result memory_read(struct memory *memory, uint64_t address, void *to, size_t length)
{
	struct iovec span = memory_span(address, length);
	return memory_gather(memory, to, &span, 1);
}

uint32_t memory_u32(const void *from)
{
	uint32_t value;
	memcpy(&value, from, sizeof value);
	return value;
}

uint64_t memory_u64(const void *from)
{
	uint64_t value;
	memcpy(&value, from, sizeof value);
	return value;
}
