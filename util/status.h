/*
 * Results and error sentences, shared by every folder.
 *
 * A function that can fail returns `enum status` and fills a `struct error` the caller owns with
 * one sentence a user can act on. The numbers are the program's exit statuses, so a failure travels
 * from the place that found it to exit(2) unchanged.
 */
#ifndef SCHEDTOP_UTIL_STATUS_H
#define SCHEDTOP_UTIL_STATUS_H

enum status {
	STATUS_OK = 0,
	STATUS_FAILED = 1,     /* disk full, a silent or unknown agent, out of memory, ... */
	STATUS_USAGE = 2,      /* the command line */
	STATUS_NO_TARGET = 3,  /* no such process or file, or not a Go program */
	STATUS_PERMISSION = 4, /* the kernel refuses */
	STATUS_EXITED = 5,     /* the target exited */
	STATUS_DAMAGED = 6,    /* the input is damaged */
	STATUS_REGRESSED = 10, /* a limit of a comparison is broken */
	STATUS_FOUND = 10,     /* the doctor found something */
};

/* `text` is empty or one sentence: what failed, on what, why, what to do. Never ends in a newline.
 */
struct error {
	enum status status;
	char text[512];
};

/* Fills `error` (which may be NULL) and returns `status`, so that callers write `return
 * error_set(...)`. */
enum status error_set(struct error *error, enum status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The sentence for a failed allocation. Here, where analyzers see that it never is STATUS_OK. */
static inline enum status error_no_memory(struct error *error)
{
	error_set(error, STATUS_FAILED, "out of memory");
	return STATUS_FAILED;
}

#endif
