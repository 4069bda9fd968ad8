/* What has to do with locks and channels: who holds others up, and who is never woken. */
#include "doctor/catalogue.h"

static const struct advice advice[] = {
	{
		.slug = SLUG_MUTEX_SERIALIZATION,
		.from = FROM_TRACE,
		.title = "One lock lets one goroutine run at a time",
		.means = "Several goroutines stand before one lock nearly all the time, and whoever has it "
				 "computes. More processors and more goroutines make such a program no faster, "
				 "however many there are: its speed is that of what is done with the lock held.",
		.remedy =
			"Do less with the lock held: compute first, lock, change, unlock. Or split what it "
			"guards, by key into shards with a lock each, or into what is read and what is "
			"written (sync.RWMutex, atomic values, copies that are replaced as a whole). A "
			"profile of the holder (schedtop profile) says what the time goes into.",
		.refuted = "With the lock split or held for a shorter time the program is no faster; or "
				   "the waiters have nothing to do that anybody waits for.",
		.found =
			"A lock is all functions whose waits are ended by one another's unlocking. It is "
			"waited for in mutex-serialization.impact of the trace, by "
			"mutex-serialization.waiters goroutines on average and "
			"mutex-serialization.waited in all; for mutex-serialization.alone of the waiting "
			"exactly one goroutine of the program runs although there are two Ps or more; and "
			"the holders run for half of what is known of the holding. Waits shorter than 10 us "
			"are counted, but not looked at.",
	},
	{
		.slug = SLUG_LOCK_HELD_ACROSS_IO,
		.from = FROM_TRACE,
		.title = "A lock is held while its holder waits for something else",
		.means = "Who has the lock waits for the network, for a system call or for a timer before "
				 "it lets go, and everybody else waits for the lock. The requests of all are then "
				 "done one after the other, each as slow as the other side is, and one that hangs "
				 "stops all of them.",
		.remedy =
			"Let go of the lock before the call, and take it again for the result. Where each key "
			"must be asked for only once, keep a note of what is under way for that key "
			"(golang.org/x/sync/singleflight does) instead of a lock over the call. Log lines can "
			"be written by a goroutine of their own.",
		.refuted = "The evidence shows holders that wait for something that belongs to the lock "
				   "itself, such as a write to a connection that only one may write to at a time, "
				   "and the other side can't be asked in parallel.",
		.found = "The waits for a lock are followed to the goroutine that ends them, and what that "
				 "one did since it has had the lock. For lock-held-across-io.share of that it was "
				 "in the network, in system calls of 100 us or more, or asleep; others waited "
				 "lock-held-across-io.waited in all, in lock-held-across-io.impact of the trace.",
	},
	{
		.slug = SLUG_SERIAL_BOTTLENECK,
		.from = FROM_TRACE,
		.title = "Work waits for one goroutine, and the other processors are idle",
		.means = "One goroutine does the work of many, without any lock: an event loop, an owner "
				 "of some state that is asked over a channel, a collector of results. It is busy, "
				 "nearly no other goroutine runs, and several wait for it. The program is as fast "
				 "as that one goroutine.",
		.remedy = "Do in the goroutines that ask what doesn't need the one that owns the state, "
				  "have several of it, each with a part of the keys, or hand it several requests "
				  "at a time.",
		.refuted = "Those that wait do so because nothing is to be done, and not because somebody "
				   "waits for their results; or a second such goroutine makes nothing faster.",
		.found =
			"One goroutine runs alone in serial-bottleneck.alone of the trace, with a P idle, and "
			"ends the waits of serial-bottleneck.waiters others on average: sends to it, and "
			"receives that are not those of a worker that waits for work. Waits for locks don't "
			"count; they are what mutex-serialization is about.",
	},
	{
		.slug = SLUG_CHANNEL_SEND_STUCK,
		.from = FROM_TRACE | FROM_GOROUTINES,
		.title = "Goroutines pile up in a send or receive that never ends",
		.means = "More and more goroutines stand in the same channel operation, and not one of "
				 "them has gone on. Usually the other side has returned early, after an error, a "
				 "timeout or the first answer of several. They stay for ever, with all that they "
				 "refer to.",
		.remedy =
			"Give the channel room for all that will be sent (make(chan T, n)), or let both sides "
			"leave: select with <-ctx.Done(). Who returns early must drain the channel or close "
			"what the others watch.",
		.refuted = "A later trace or snapshot shows that they have gone on: the other side was "
				   "only slow.",
		.found =
			"At least channel-send-stuck.goroutines stand in the same operation at the end, none "
			"of them was ever woken there during the trace, some came at different times of it, "
			"and the oldest has been there for channel-send-stuck.age. Receives are told as info: "
			"they may be waits for an end that is to come. Workers that wait for work don't "
			"count. Of a process, snapshots of its goroutines show the same group rising, with "
			"none that left, and the first of it there for channel-send-stuck.time.",
	},
	{
		.slug = SLUG_DEADLOCK_CYCLE,
		.from = FROM_TRACE | FROM_GOROUTINES,
		.title = "All handlers wait for calls, and none completes",
		.means =
			"Nearly every request that is being served waits for a call to another service, and "
			"no request has been completed for long. If that service needs this one to answer, "
			"the two wait for each other: a cycle over processes, which neither sees alone. If "
			"not, the other service hangs.",
		.remedy =
			"Look at the service that is called, at the same moment: if its handlers wait for "
			"calls to this one, it is a cycle. Give calls that go round a pool of their own, a "
			"deadline shorter than the caller's, and no retry; better, take the call back out of "
			"the cycle.",
		.refuted = "The other service's handlers do something else than wait for this one; or the "
				   "requests are meant to stay open, as in long polling.",
		.found =
			"deadlock-cycle.handlers or more goroutines are inside a handler at the end, and "
			"deadlock-cycle.share of them have waited for the answer or the connection of a call "
			"for 40 % of the trace and 300 ms at least; no handler completed in that time. Of a "
			"process, half of those that wait have done so for deadlock-cycle.time; there all "
			"goroutines waiting for each other, or for a lock that nobody lets go, is told too.",
	},
};

const struct chapter chapter_locks = {"Locks and channels", advice, sizeof advice / sizeof *advice};
