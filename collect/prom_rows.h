/*
 * The answers of Prometheus' HTTP API, read while they come: each row of the result goes to its
 * taker at once and is forgotten, so that an answer of any length takes the memory of one row. What
 * stands around the rows is kept and looked at when the answer has ended. The bytes are hostile.
 * One thread.
 */
#ifndef SCHEDTOP_COLLECT_PROM_ROWS_H
#define SCHEDTOP_COLLECT_PROM_ROWS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "util/status.h"

struct prom_rows;

/* A row of "data.result", or of "data" where that is a list: borrowed. False ends the reading. */
typedef bool prom_row_fn(const json_t *row, void *arg);

struct prom_rows *prom_rows_create(prom_row_fn *row, void *arg); /* NULL: out of memory */
void prom_rows_destroy(struct prom_rows *rows);                  /* NULL is fine */
/* The next bytes; false: it is no such answer, or the taker wants no more. */
bool prom_rows_feed(struct prom_rows *rows, const void *data, size_t size);
/*
 * After the last byte. STATUS_OK: all of it was read; `warning` gets what the server says of it, ""
 * nothing. STATUS_FAILED: the server says in *error why there is no answer, in its words made
 * printable. STATUS_DAMAGED: it is no such answer.
 */
enum status prom_rows_end(struct prom_rows *rows, char *warning, size_t size, struct error *error);

/* A number as these answers hold it, as text: NAN, infinite or finite; false: none of them, nor is
   NULL. */
bool prom_number(const char *text, double *number);
/* The label of a row, "" when it has none. */
const char *prom_label(const json_t *row, const char *name);
/* The value of a row of a vector; false: it has none, as one that is a histogram. */
bool prom_value(const json_t *row, double *value);

#endif
