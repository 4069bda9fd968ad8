#include "collect/prom_api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/web_base.h"
#include "util/clock.h"

#define HEAD_NS   (30 * NS_PER_S)
#define BODY_NS   (60 * NS_PER_S)
#define BYTES_MAX (UINT64_C(512) << 20)
#define GET_MAX   2000 /* bytes; servers and what stands before them take at least 4,096 */

static bool take(const void *data, size_t size, void *arg)
{
	return prom_rows_feed(arg, data, size);
}

static bool no_row(const json_t *row, void *arg)
{
	(void)row;
	(void)arg;
	return true;
}

/* An answer of another code may be the server's own: {"status":"error","error":"..."}. */
static enum status explain(struct web *web, const struct web_request *request,
                           const struct web_reply *reply, struct prom_answer *answer,
                           struct error *error)
{
	struct prom_rows *rows = prom_rows_create(no_row, NULL);
	struct error words = {0};
	char warning[8];
	bool own = rows && reply->end == WEB_ANSWERED && reply->code != 404 &&
	           prom_rows_feed(rows, reply->text, reply->size) &&
	           prom_rows_end(rows, warning, sizeof warning, &words) == STATUS_FAILED;
	prom_rows_destroy(rows);
	/* Mimir and Cortex keep many tenants apart, and refuse who does not say which. */
	if (!own && reply->end == WEB_ANSWERED && reply->code == 401 &&
	    strstr(reply->text, "no org id"))
		return error_set(error, STATUS_PERMISSION,
		                 "%.200s wants to know the tenant: put X-Scope-OrgID: NAME into the "
		                 "environment variable " WEB_HEADERS_VARIABLE,
		                 web_shown(web));
	if (!own)
		return web_explain(web, request, reply, error);
	answer->refused = true;
	return error_set(error, STATUS_FAILED, "%.100s says: %.380s", web_shown(web), words.text);
}

static enum status judge(struct web *web, struct prom_rows *rows, struct prom_answer *answer,
                         struct error *error)
{
	struct error words = {0};
	enum status status = prom_rows_end(rows, answer->warning, sizeof answer->warning, &words);
	if (status == STATUS_OK)
		return status;
	answer->refused = status == STATUS_FAILED;
	if (answer->refused)
		return error_set(error, status, "%.100s says: %.380s", web_shown(web), words.text);
	return error_set(error, STATUS_FAILED, "%.200s answers, but not as Prometheus' API does",
	                 web_shown(web));
}

enum status prom_ask(struct web *web, const struct prom_question *question,
                     struct prom_answer *answer, struct error *error)
{
	bool post = !question->only_get && strlen(question->form) > GET_MAX;
	char *path = NULL;
	*answer = (struct prom_answer){0};
	struct prom_rows *rows = prom_rows_create(question->row, question->arg);
	struct web_reply *reply = malloc(sizeof *reply);
	if (!post && asprintf(&path, "%s?%s", question->path, question->form) < 0)
		path = NULL;
	enum status status = error_no_memory(error);
	if (rows && reply && (post || path)) {
		const struct web_request request = {
			.path = post ? question->path : path,
			.post = post ? question->form : NULL,
			.head_ns = HEAD_NS,
			.body_ns = BODY_NS,
			.bytes_max = BYTES_MAX,
			.body = take,
			.arg = rows,
		};
		enum web_end end = web_ask(web, &request, reply);
		/* Stopped by us: what came is no such answer, unless it was too long. */
		bool bad = end == WEB_STOPPED && !prom_rows_feed(rows, "", 0);
		if ((end == WEB_ANSWERED && reply->code == 200) || bad)
			status = judge(web, rows, answer, error);
		else
			status = explain(web, &request, reply, answer, error);
	}
	prom_rows_destroy(rows);
	free(reply);
	free(path);
	return status;
}
