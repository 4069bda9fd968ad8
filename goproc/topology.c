#include "goproc/topology.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct address_index {
	uint64_t address;
	uint32_t number;
};

static int compare(const void *left, const void *right)
{
	const struct address_index *a = left, *b = right;
	return (a->address > b->address) - (a->address < b->address);
}

static struct address_index *index_build(const uint64_t *address, size_t n)
{
	struct address_index *index = malloc((n ? n : 1) * sizeof *index);
	if (!index)
		return NULL;
	for (size_t i = 0; i < n; i++)
		index[i] = (struct address_index){address[i], (uint32_t)i};
	qsort(index, n, sizeof *index, compare);
	return index;
}

static int64_t index_find(const struct address_index *index, size_t n, uint64_t address)
{
	size_t low = 0, high = n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (index[middle].address == address)
			return index[middle].number;
		if (index[middle].address < address)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}

int64_t topology_p(const struct topology *topology, uint64_t address)
{
	return index_find(topology->p_index, topology->np, address);
}

int64_t topology_m(const struct topology *topology, uint64_t address)
{
	return index_find(topology->m_index, topology->nm, address);
}

struct list {
	uint64_t *at;
	size_t n, capacity;
};

static bool list_append(struct list *list, uint64_t address)
{
	if (list->n == list->capacity) {
		size_t capacity = list->capacity ? 2 * list->capacity : 16;
		uint64_t *at = realloc(list->at, capacity * sizeof *at);
		if (!at)
			return false;
		list->at = at;
		list->capacity = capacity;
	}
	list->at[list->n++] = address;
	return true;
}

static enum memory_result out_of_memory(void)
{
	errno = ENOMEM;
	return MEMORY_FAILED;
}

/* Follows the chain from `m`. Ms that are known already end it: what came after them is taken over.
 */
static enum memory_result read_ms(const struct topology *known, struct memory *memory, uint64_t m,
                                  uint32_t alllink, struct list *list)
{
	while (m != 0) {
		for (size_t i = 0; i < known->nm; i++) {
			if (known->m[i] != m)
				continue;
			for (; i < known->nm; i++) {
				if (!list_append(list, known->m[i]))
					return out_of_memory();
			}
			return MEMORY_OK;
		}
		if (m % 8 != 0 || list->n == TOPOLOGY_THREADS_MAX) /* no pointer, or a loop */
			return MEMORY_FAULT;
		if (!list_append(list, m))
			return out_of_memory();
		enum memory_result result = memory_read(memory, m + alllink, &m, sizeof m);
		if (result != MEMORY_OK)
			return result;
	}
	return MEMORY_OK;
}

static enum memory_result read_ps(struct memory *memory, uint64_t array, size_t n, uint64_t **ps)
{
	*ps = malloc((n ? n : 1) * sizeof **ps);
	if (!*ps)
		return out_of_memory();
	enum memory_result result = memory_read(memory, array, *ps, n * sizeof **ps);
	for (size_t i = 0; i < n && result == MEMORY_OK; i++) {
		if ((*ps)[i] == 0 || (*ps)[i] % 8 != 0)
			result = MEMORY_FAULT;
	}
	return result;
}

/* Takes the lists over when the indexes can be built. */
static enum memory_result install(struct topology *topology, uint64_t allp, uint64_t **ps,
                                  size_t np, struct list *ms)
{
	struct address_index *p_index = index_build(*ps, np), *m_index = index_build(ms->at, ms->n);
	if (!p_index || !m_index) {
		free(p_index);
		free(m_index);
		return out_of_memory();
	}
	uint32_t generation = topology->generation + 1;
	topology_finish(topology);
	*topology = (struct topology){
		.valid = true,
		.allp = allp,
		.p = *ps,
		.m = ms->at,
		.np = np,
		.nm = ms->n,
		.p_index = p_index,
		.m_index = m_index,
		.generation = generation,
	};
	*ps = NULL;
	ms->at = NULL;
	return MEMORY_OK;
}

enum memory_result topology_refresh(struct topology *topology, struct memory *memory,
                                    const struct globals *globals, uint32_t alllink,
                                    enum topology_effort effort)
{
	struct {
		uint64_t array, length, allm;
	} head;
	const struct iovec spans[] = {
		memory_span(globals->allp, 16),
		memory_span(globals->allm, 8),
	};
	topology->valid = false;
	enum memory_result result = memory_gather(memory, &head, spans, 2);
	if (result != MEMORY_OK)
		return result;
	/* Empty lists: the runtime has not started yet. */
	if (head.length == 0 || head.length > TOPOLOGY_PROCS_MAX || head.allm == 0)
		return MEMORY_FAULT;

	static const struct topology nothing;
	struct list ms = {0};
	uint64_t *ps = NULL;
	result = read_ps(memory, head.array, (size_t)head.length, &ps);
	if (result == MEMORY_OK)
		result = read_ms(effort == TOPOLOGY_NEW_ONLY ? topology : &nothing, memory, head.allm,
		                 alllink, &ms);
	if (result == MEMORY_OK)
		result = install(topology, head.array, &ps, (size_t)head.length, &ms);
	free(ps);
	free(ms.at);
	return result;
}

void topology_finish(struct topology *topology)
{
	free(topology->p);
	free(topology->m);
	free(topology->p_index);
	free(topology->m_index);
	*topology = (struct topology){0};
}
