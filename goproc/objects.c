#include "goproc/objects.h"

#include <string.h>

#include "goproc/memory.h"

struct member_info {
	const char *paths;
	enum member_kind kind;
	int since;
};

#define INFO(id, paths, kind, since) {paths, MEMBER_##kind, since},
static const struct member_info p_info[] = {P_MEMBERS(INFO)};
static const struct member_info m_info[] = {M_MEMBERS(INFO)};
static const struct member_info g_info[] = {G_MEMBERS(INFO)};
#undef INFO

_Static_assert(IN_P_COUNT <= OBJECT_MEMBERS, "OBJECT_MEMBERS is too small for p");
_Static_assert(IN_M_COUNT <= OBJECT_MEMBERS, "OBJECT_MEMBERS is too small for m");
_Static_assert(IN_G_COUNT <= OBJECT_MEMBERS, "OBJECT_MEMBERS is too small for g");

/* A span of its own costs about as much as copying this many bytes more. */
#define GAP_MAX 512

static const uint32_t kind_size[] = {
	[MEMBER_U8] = 1, [MEMBER_I32] = 4, [MEMBER_U32] = 4, [MEMBER_I64] = 8, [MEMBER_U64] = 8,
};

static enum status resolve(struct object *object, const struct types *types, const char *name,
                           uint64_t address, const struct member_info *info, size_t n,
                           struct error *error)
{
	if (address == 0)
		return error_set(error, STATUS_FAILED, "its type descriptors do not contain %s", name);
	*object = (struct object){.member_count = n};
	for (size_t i = 0; i < n; i++) {
		struct type_place place;
		object->member[i] = (struct object_member){.offset = -1, .kind = info[i].kind};
		if (types->minor < info[i].since)
			continue;
		if (!types_place(types, address, info[i].paths, &place) ||
		    place.size != kind_size[info[i].kind])
			return error_set(error, STATUS_FAILED, "%s has no member %s of %u bytes", name,
			                 info[i].paths, kind_size[info[i].kind]);
		object->member[i].offset = (int32_t)place.offset;
	}
	object_pack(object, OBJECT_ALL);
	return STATUS_OK;
}

enum status objects_resolve(struct objects *objects, const struct types *types, struct error *error)
{
	static const char *const names[] = {"runtime.p", "runtime.m", "runtime.g"};
	uint64_t address[3];
	if (!types_find(types, names, 3, address))
		return error_set(error, STATUS_FAILED, "its type descriptors can't be read");
	enum status status =
		resolve(&objects->p, types, names[0], address[0], p_info, IN_P_COUNT, error);
	if (status == STATUS_OK)
		status = resolve(&objects->m, types, names[1], address[1], m_info, IN_M_COUNT, error);
	if (status == STATUS_OK)
		status =
			resolve(&objects->goroutine, types, names[2], address[2], g_info, IN_G_COUNT, error);
	if (status != STATUS_OK)
		return status;
	objects->m_syscalltick = objects->m.member[IN_M_SYSCALLTICK].offset;
	object_pack(&objects->m, OBJECT_ALL & ~(1U << IN_M_SYSCALLTICK));
	objects->who = objects->goroutine;
	object_pack(&objects->who, G_WHO);
	return STATUS_OK;
}

void object_pack(struct object *object, uint32_t members)
{
	/* By offset; an insertion sort of a dozen numbers. */
	size_t order[OBJECT_MEMBERS], n = 0;
	for (size_t i = 0; i < object->member_count; i++) {
		if (!(members >> i & 1))
			object->member[i].offset = -1;
		if (object->member[i].offset < 0)
			continue;
		size_t k = n++;
		for (; k > 0 && object->member[order[k - 1]].offset > object->member[i].offset; k--)
			order[k] = order[k - 1];
		order[k] = i;
	}
	object->span_count = 0;
	object->bytes = 0;
	for (size_t i = 0; i < n; i++) {
		struct object_member *member = &object->member[order[i]];
		uint32_t offset = (uint32_t)member->offset, end = offset + kind_size[member->kind];
		struct object_span *span =
			object->span_count ? &object->span[object->span_count - 1] : NULL;
		if (!span || offset > span->offset + span->length + GAP_MAX) {
			span = &object->span[object->span_count++];
			*span = (struct object_span){.offset = offset};
		}
		uint32_t before = span->length;
		if (end - span->offset > span->length)
			span->length = end - span->offset;
		object->bytes += span->length - before;
		/* What the earlier spans take, and the place in this one. */
		member->at = (uint32_t)object->bytes - span->length + (offset - span->offset);
	}
}

size_t object_spans(const struct object *object, uint64_t address, struct iovec *spans)
{
	for (size_t i = 0; i < object->span_count; i++)
		spans[i] = memory_span(address + object->span[i].offset, object->span[i].length);
	return object->span_count;
}

int64_t object_value(const struct object *object, const uint8_t *record, int member, int64_t absent)
{
	const struct object_member *m = &object->member[member];
	if (m->offset < 0)
		return absent;
	const uint8_t *at = record + m->at;
	switch (m->kind) {
	case MEMBER_U8:
		return *at;
	case MEMBER_I32:
		return (int32_t)memory_u32(at);
	case MEMBER_U32:
		return memory_u32(at);
	case MEMBER_I64:
	case MEMBER_U64:
		return (int64_t)memory_u64(at);
	}
	return absent;
}
