/* Findings: what is wrong, what proves it, and where does that lie? */
#include <stdio.h>
#include <string.h>

#include "browse/view.h"
#include "doctor/finding.h"
#include "doctor/show.h"
#include "trace/elapsed.h"
#include "trace/sampled.h"
#include "tui/findings.h"
#include "util/text.h"

static const char *const sorts[] = {"severity", "impact", "finding", NULL};

static int by_impact(const struct finding *a, const struct finding *b)
{
	return (a->impact < b->impact) - (a->impact > b->impact);
}

static void impact_text(char *to, size_t size, const struct finding *finding, const void *arg)
{
	(void)arg;
	text_percent(to, size, finding->impact);
}

/* --- where there is nothing to list --------------------------------------------------------- */

static bool is_narrowed(const struct analysis_options *part)
{
	return part->goroutine || part->task.id || part->task.type || part->task.trace_id;
}

static const char *why_none(const struct trace_data *data, bool filtered)
{
	if (data->loading)
		return "The doctor speaks when all is read.";
	if (!data->findings && data->summary->damages)
		return "The trace can't be read: nothing can be said of the program.";
	if (!data->findings && !is_narrowed(data->part))
		return data->failure ? data->failure : "The doctor has not looked.";
	if (!data->findings)
		return "The doctor looks at all goroutines together: leave out --goroutine, --task and "
			   "--trace-id.";
	if (data->summary->sampled_hz && data->findings->n == 0)
		return "A sampled trace proves nothing to the doctor: " SAMPLED_CAVEAT ".";
	return filtered ? "No finding has what the filter asks for; without it there are some."
	                : "Nothing is wrong as far as the doctor can see.";
}

static void draw(struct pane pane, const struct trace_data *data, struct view_place *place,
                 void *own)
{
	char tally[96];
	const struct findings_list list = {data->findings, "IMPACT", impact_text, by_impact, NULL};
	(void)own;
	if (data->findings &&
	    findings_draw(pane_sub(pane, 0, 2, pane.width, pane.height - 2), &list, place)) {
		findings_tally(data->findings, SEVERITY_INFO, tally, sizeof tally);
		struct pane line = pane_sub(pane, 1, 0, pane.width - 2, 1);
		int x = findings_draw_trail(line, 0, trace_view_findings.name, data->findings, place);
		pane_fit(line, x > 0 ? x + 3 : 0, 0, x > 0 ? STYLE_DIM : STYLE_STRONG, tally);
		return;
	}
	view_select(place, NULL, 0, pane.height);
	pane_wrap(pane_sub(pane, 1, 1, pane.width - 2, pane.height - 1), STYLE_DIM,
	          why_none(data, data->findings && data->findings->n > 0));
}

/* --- where evidence lies -------------------------------------------------------------------- */

/* Moments of evidence are told since the trace began. */
static int64_t moment(const struct trace_data *data, int64_t since_ns)
{
	int64_t at_ns = data->first_ns;
	add_ns(&at_ns, since_ns);
	return at_ns;
}

static void show_proof(const struct trace_data *data, const struct evidence *e,
                       struct trace_request *request)
{
	struct trace_target *target = &request->target;
	*target = (struct trace_target){.goroutine = e->goroutine, .to_ns = -1};
	if (e->kind == EVIDENCE_TASK && e->task) {
		request->view = CONTEXT_TRACE_TASKS;
		target->task = e->task;
	} else if (e->begin_ns >= 0) {
		request->view = CONTEXT_TRACE_TIMELINE;
		target->from_ns = moment(data, e->begin_ns);
		target->to_ns = moment(data, e->end_ns > e->begin_ns ? e->end_ns : e->begin_ns);
	} else if (e->goroutine) {
		request->view = CONTEXT_TRACE_GOROUTINES;
	} else if (e->frames) {
		request->view = CONTEXT_TRACE_BLOCKING;
		target->function = e->frame[e->where].function;
	} else {
		request->notice_style = STYLE_DIM;
		snprintf(request->notice, sizeof request->notice, "this has no single place in the trace");
	}
}

static enum loop_next act(const struct trace_data *data, struct view_place *place, void *own,
                          const struct trace_action *action, struct trace_request *request)
{
	const struct finding *finding;
	(void)own;
	if (action->command == COMMAND_CLOSE && place->expanded) {
		place->expanded = 0;
		return LOOP_DRAW;
	}
	if (action->command != COMMAND_EXPAND)
		return LOOP_GO_ON;
	const struct evidence *e = findings_expand(data->findings, place, &finding);
	if (e)
		show_proof(data, e, request);
	return LOOP_DRAW;
}

const struct trace_view trace_view_findings = {
	.name = "Findings",
	.context = CONTEXT_TRACE_FINDINGS,
	.sorts = sorts,
	.draw = draw,
	.act = act,
};
