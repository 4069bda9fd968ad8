/*
 * The locks of a program as its trace shows them: who waits where, what the holder did meanwhile
 * and where it let go. A trace does not name a lock; but who waits for one in some function is
 * woken by whoever unlocks it in some function, so that both belong to one lock, and all that do so
 * make it up. Where each of many things has a lock of its own, they all look like one: only holds
 * that overlap tell. A family of rules owns the table and feeds it spells; one thread.
 */
#ifndef SCHEDTOP_DOCTOR_LOCKS_H
#define SCHEDTOP_DOCTOR_LOCKS_H

#include "doctor/cover.h"
#include "doctor/lately.h"
#include "trace/idmap.h"

/* Of more locks than that nothing is kept; of each some places of every kind. */
enum { LOCKS_MOST = 512, LOCK_PLACES = 6 };
#define LOCK_NONE UINT32_MAX

/* A stack, and what was spent there. */
struct lock_place {
	uint32_t stack;
	uint8_t class; /* enum spell_class, of what a holder does */
	uint64_t count;
	int64_t ns;
};

struct lock {
	uint32_t same_as;  /* index of a lock that turned out to be this one; itself */
	uint32_t function; /* name: where it was first waited for */
	/* Waits of at least LOCKS_LEAST_NS. */
	uint64_t waits;
	int64_t waited_ns;
	int64_t alone_ns, idle_ns; /* of waited_ns: exactly one goroutine ran; a P was idle */
	struct cover waited_for;   /* when somebody waited */
	uint64_t longest_goroutine;
	int64_t longest_begin_ns, longest_ns;
	int64_t first_ns; /* when somebody first waited */
	/* Of what is known of the holders while others waited: */
	uint64_t holds;
	int64_t held_ns;
	int64_t running_ns; /* at least */
	/* Of holds that no other of the same mutex can overlap: their sum, and when there was one. */
	int64_t sure_ns;
	struct cover sure;
	int64_t blocked_ns[SPELL_CLASSES];
	struct lock_place blocked[LOCK_PLACES]; /* where holders were, the longest of them */
	struct lock_place unlock[LOCK_PLACES];
};

struct locks {
	struct lock *lock; /* LOCKS_MOST at most */
	size_t n, capacity;
	struct idmap of_function; /* name -> index */
	struct lately lately;
	struct acquired *acquired; /* by slot */
	size_t acquired_slots;
};

/* Shorter waits are not looked at: what `stat` counts has them. */
enum { LOCKS_LEAST_NS = 10000 };

/* All zero is a good start. */
void locks_finish(struct locks *locks);
void locks_restart(struct locks *locks);
/* A wait for a lock has ended, or goes on at the trace's end. false: no memory. */
bool locks_wait(struct locks *locks, const struct witness *witness, uint32_t slot,
                const struct spell *spell);
/* The lock that is waited for with this stack: its index, or LOCK_NONE. */
uint32_t locks_of_stack(const struct locks *locks, const struct witness *witness, uint32_t stack);

#endif
