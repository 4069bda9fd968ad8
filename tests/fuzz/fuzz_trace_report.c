/* Whatever a trace may hold, through every analysis, both kinds of report and the doctor: the last
   bytes choose what is asked for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/show.h"
#include "doctor/trace_doctor.h"
#include "report/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHOICES = 4 };

static struct analysis_options choose(const uint8_t choice[static CHOICES])
{
	struct analysis_options options = {
		.kinds = REPORT_ALL,
		.to_ns = INT64_MAX,
		.strict = choice[0] & 1,
		.one_thread = true,
		.goroutine = choice[0] & 2 ? choice[1] : 0,
	};
	if (choice[0] & 4) {
		options.from_ns = (int64_t)choice[2] << 10;
		options.to_ns = options.from_ns + ((int64_t)choice[3] << 10) + 1;
	}
	if (choice[0] & 8)
		options.task.id = choice[1];
	if (choice[0] & 16)
		options.task.trace_id = "a";
	return options;
}

static void demand(bool promise)
{
	if (!promise)
		abort();
}

/* No name may get to the terminal as it is. */
static void look(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		demand((unsigned char)text[i] >= ' ' || text[i] == '\n');
}

static void report(const struct analysis *a)
{
	char *text = NULL, *json = report_json(a);
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	demand(json && out);
	(void)report_print(a, out, false);
	fclose(out);
	look(text, length);
	look(json, strlen(json));
	free(text);
	free(json);
}

/* Whatever happens once in a trace is enough for the doctor. */
static void choose_limits(struct limits_set *limits)
{
	limits_init(limits);
	for (int i = 0; i < LIMIT_COUNT; i++)
		limits->value[i] = limit_rows[i].least;
}

static void tell(struct trace_doctor *doctor)
{
	struct findings findings = {0};
	const struct findings_shown shown = {&findings, "-", FROM_TRACE, 1};
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	demand(out && trace_doctor_conclude(doctor, &findings));
	findings_print(&shown, out, true);
	fclose(out);
	look(text, length);
	free(text);
	char *json = findings_json(&shown), *sarif = findings_sarif(&shown);
	demand(json && sarif);
	look(json, strlen(json));
	free(json);
	free(sarif);
	findings_finish(&findings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct analysis a;
	struct input in;
	struct error error = {0};
	struct limits_set limits;
	if (size < CHOICES)
		return 0;
	struct analysis_options options = choose(data + size - CHOICES);
	choose_limits(&limits);
	struct trace_doctor *doctor = trace_doctor_create(&a, &limits);
	demand(doctor != NULL);
	options.spells = trace_doctor_spells(doctor);
	input_open_memory(&in, data, size - CHOICES);
	enum status status = analysis_read_input(&a, &in, "-", &options, &error);
	demand(status == STATUS_OK || status == STATUS_DAMAGED);
	if (status == STATUS_OK) {
		report(&a);
		tell(doctor);
	}
	trace_doctor_destroy(doctor);
	analysis_finish(&a);
	input_finish(&in);
	return 0;
}
