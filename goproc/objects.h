/*
 * Where g, m and p keep the members that are read, and how to read them cheaply: members that lie
 * close together share a span, the spans of one object are packed into a record, and a member is
 * found in the record. Offsets come from the run-time type descriptors (types.h).
 *
 * Plain data without pointers into anything that lives shorter; the thread of its owner.
 */
#ifndef SCHEDTOP_GOPROC_OBJECTS_H
#define SCHEDTOP_GOPROC_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "goproc/types.h"
#include "util/status.h"

enum member_kind { MEMBER_U8, MEMBER_I32, MEMBER_U32, MEMBER_I64, MEMBER_U64 };

/* Member, paths in the runtime's source (see types_place), kind, first version that has it (0:
 * all). */
#define P_MEMBERS(X)                                \
	X(ID, "id", I32, 0)                             \
	X(STATUS, "status", U32, 0)                     \
	X(SCHEDTICK, "schedtick", U32, 0)               \
	X(SYSCALLTICK, "syscalltick", U32, 0)           \
	X(M, "m", U64, 0)                               \
	X(RUNQHEAD, "runqhead", U32, 0)                 \
	X(RUNQTAIL, "runqtail", U32, 0)                 \
	X(RUNNEXT, "runnext", U64, 0)                   \
	X(GFREE, "gFree.size|gFree.n", I32, 0)          \
	X(TIMERS, "timers.heap.len|timers.len", I64, 0) \
	X(LIMITER, "limiterEvent.stamp", U64, 19)       \
	X(WORKER_MODE, "gcMarkWorkerMode", I64, 0)      \
	X(CREATED, "goroutinesCreated", U64, 26)

#define M_MEMBERS(X)                               \
	X(ID, "id", I64, 0)                            \
	X(TID, "procid", U64, 0)                       \
	X(P, "p", U64, 0)                              \
	X(CURG, "curg", U64, 0)                        \
	X(MALLOCING, "mallocing", I32, 0)              \
	X(THROWING, "throwing", I32, 0)                \
	X(PREEMPTOFF, "preemptoff.str", U64, 0)        \
	X(PREEMPTOFF_LENGTH, "preemptoff.len", I64, 0) \
	X(LOCKS, "locks", I32, 0)                      \
	X(DYING, "dying", I32, 0)                      \
	X(SPINNING, "spinning", U8, 0)                 \
	X(BLOCKED, "blocked", U8, 0)                   \
	X(INCGO, "incgo", U8, 0)                       \
	X(LOCKEDG, "lockedg", U64, 0)                  \
	X(ALLLINK, "alllink", U64, 0)                  \
	X(SYSCALLTICK, "syscalltick", U32, 0)          \
	X(LOCK_WAIT, "mLockProfile.waitTime", I64, 22)

#define G_MEMBERS(X)                                \
	X(GOID, "goid", I64, 0)                         \
	X(STATUS, "atomicstatus", U32, 0)               \
	X(STARTPC, "startpc", U64, 0)                   \
	X(STACK_LOW, "stack.lo", U64, 0)                \
	X(STACK_HIGH, "stack.hi", U64, 0)               \
	X(M, "m", U64, 0)                               \
	X(PC, "sched.pc", U64, 0)                       \
	X(SP, "sched.sp", U64, 0)                       \
	X(SYSCALLPC, "syscallpc", U64, 0)               \
	X(SYSCALLSP, "syscallsp", U64, 0)               \
	X(WAITSINCE, "waitsince", I64, 0)               \
	X(WAITREASON, "waitreason", U8, 0)              \
	X(SEQUENCE, "trackingSeq", U8, 0)               \
	X(STAMP, "trackingStamp|runnableStamp", I64, 0) \
	X(LOCKEDM, "lockedm", U64, 0)                   \
	X(GOPC, "gopc", U64, 0)

/* Those that a look at who runs where needs. */
#define G_WHO (1U << IN_G_GOID | 1U << IN_G_STATUS | 1U << IN_G_STARTPC)

#define MEMBER_P(id, paths, kind, since) IN_P_##id,
#define MEMBER_M(id, paths, kind, since) IN_M_##id,
#define MEMBER_G(id, paths, kind, since) IN_G_##id,
enum p_member { P_MEMBERS(MEMBER_P) IN_P_COUNT };
enum m_member { M_MEMBERS(MEMBER_M) IN_M_COUNT };
enum g_member { G_MEMBERS(MEMBER_G) IN_G_COUNT };
#undef MEMBER_P
#undef MEMBER_M
#undef MEMBER_G

#define OBJECT_MEMBERS 18

struct object_member {
	int32_t offset; /* in the structure of the runtime; < 0: this version has no such member */
	uint32_t at;    /* in the record */
	enum member_kind kind;
};

struct object {
	size_t member_count;
	struct object_member member[OBJECT_MEMBERS];
	size_t span_count;
	struct object_span {
		uint32_t offset, length;
	} span[OBJECT_MEMBERS];
	size_t bytes; /* of a record */
};

struct objects {
	struct object p, m;
	struct object who;       /* of a g, the members G_WHO */
	struct object goroutine; /* and all of them */
	int64_t m_syscalltick;   /* where m.syscalltick is, which the records of Ms leave out */
};

/* STATUS_FAILED with a sentence when the descriptors lack a member or it has another size. */
enum status objects_resolve(struct objects *objects, const struct types *types,
                            struct error *error);

/* Groups the members into spans. Only those whose bit is set in `members` are in the record. */
void object_pack(struct object *object, uint32_t members);
#define OBJECT_ALL UINT32_MAX

/* Appends the spans of the object at that address; the number of spans. */
size_t object_spans(const struct object *object, uint64_t address, struct iovec *spans);

/* A member's value in a record, sign or zero extended; `absent` when this version does not have it.
 */
int64_t object_value(const struct object *object, const uint8_t *record, int member,
                     int64_t absent);

#endif
