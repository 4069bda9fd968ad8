/*
 * One request to Prometheus' HTTP API: by GET or, when it is long, by POST; its rows go to a taker,
 * its failures become sentences with the server's own words. Of collect/prometheus.c alone.
 */
#ifndef SCHEDTOP_COLLECT_PROM_API_H
#define SCHEDTOP_COLLECT_PROM_API_H

#include "collect/prom_rows.h"
#include "collect/web.h"

struct prom_question {
	const char *path; /* "/api/v1/query" */
	const char *form; /* its parameters, escaped; borrowed */
	bool only_get;    /* the path knows no POST */
	prom_row_fn *row;
	void *arg;
};

struct prom_answer {
	bool refused;      /* the server is there and says no: another question may do better */
	char warning[256]; /* what it says of its answer; "" nothing */
};

enum status prom_ask(struct web *web, const struct prom_question *question,
                     struct prom_answer *answer, struct error *error);

#endif
