/* The Go processes of this machine: as a table, as JSON, or to choose one from. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "collect/discover.h"
#include "report/json.h"
#include "tui/tui.h"
#include "util/json.h"

/* What was looked at, and what to do: the first thing that many will read of us. */
static void say_none(const struct discovery *d, char *to, size_t size)
{
	int length = snprintf(to, size, "no Go processes here: %zu run other programs", d->others);
	if (d->kernel_threads)
		length += snprintf(to + length, size - (size_t)length, ", %zu are kernel threads",
		                   d->kernel_threads);
	if (d->left_out_n)
		snprintf(to + length, size - (size_t)length,
		         ", and %zu can't be looked at (schedtop ls -v tells why): try sudo schedtop",
		         d->left_out_n);
	else
		snprintf(to + length, size - (size_t)length, "; start one with schedtop -- PROG");
}

/* Those who might belong into the list. */
static void tell_left_out(const struct discovery *d, bool verbose)
{
	for (size_t i = 0; verbose && i < d->left_out_n; i++)
		printf("%7d  %-10s left out: %s\n", (int)d->left_out[i].pid, d->left_out[i].user,
		       d->left_out[i].why);
	if (!verbose && d->n && d->left_out_n)
		fprintf(stderr, "%zu more can't be looked at: schedtop ls -v tells why\n", d->left_out_n);
}

static void cell_count(char *to, size_t size, int64_t value)
{
	if (value < 0)
		snprintf(to, size, "-");
	else
		snprintf(to, size, "%lld", (long long)value);
}

static const char *const origins[] = {
	[GOPROC_NOT_LOOKED] = "nothing",
	[GOPROC_SYMBOLS] = "symbols",
	[GOPROC_CODE] = "code",
};

/* How sure it is that the numbers are right. */
static void print_memory(const struct discovered *p)
{
	const struct goproc_info *info = &p->info;
	printf("%7s  memory: ", "");
	if (p->memory[0] || info->origin == GOPROC_NOT_LOOKED) {
		puts(p->memory[0] ? p->memory : "not looked at");
		return;
	}
	printf("runtime found by its %s", origins[info->origin]);
	if (info->score_of)
		printf(" (%d of %d fields of the scheduler, %d at the next best address)", info->score,
		       info->score_of, info->runner_up);
	if (info->layout_first == 0)
		puts(", layout by its DWARF");
	else if (info->layout_first == info->layout_last)
		printf(", layout of Go 1.%d\n", info->layout_first);
	else
		printf(", layout of Go 1.%d to 1.%d\n", info->layout_first, info->layout_last);
}

/* What "memory" holds in the JSON. */
static json_t *memory_object(const struct goproc_info *info)
{
	json_t *memory = json_pack("{s:s, s:[i,i]}", "found_by", origins[info->origin], "layout_minors",
	                           info->layout_first, info->layout_last);
	if (info->score_of) {
		json_put(&memory, "score", json_integer(info->score));
		json_put(&memory, "score_of", json_integer(info->score_of));
		json_put(&memory, "runner_up", json_integer(info->runner_up));
	}
	return memory;
}

static void print_table(const struct discovery *d, bool verbose)
{
	printf("%7s  %-10s %-10s %10s %7s  %-5s %-20s %s\n", "PID", "USER", "GO", "GOMAXPROCS", "CPU",
	       "AGENT", "PROGRAM", "MODULE");
	for (size_t i = 0; i < d->n; i++) {
		const struct discovered *p = &d->process[i];
		char procs[24], cpu[16];
		cell_count(procs, sizeof procs, p->gomaxprocs);
		if (p->cpu_ratio < 0)
			snprintf(cpu, sizeof cpu, "-");
		else
			snprintf(cpu, sizeof cpu, "%.1f %%", p->cpu_ratio * 100);
		printf("%7d  %-10s %-10s %10s %7s  %-5s %-20s %s\n", (int)p->pid, p->user,
		       p->go_version[0] ? p->go_version : "-", procs, cpu, p->agent ? "yes" : "no",
		       p->program, p->module[0] ? p->module : "-");
		if (verbose)
			print_memory(p);
	}
}

static enum status print_json(const struct discovery *d, struct error *error)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct discovered *p = &d->process[i];
		json_t *row = json_pack("{s:i, s:s, s:s, s:s, s:s, s:b}", "pid", (int)p->pid, "user",
		                        p->user, "program", p->program, "go_version", p->go_version,
		                        "module", p->module, "agent", p->agent);
		if (p->gomaxprocs >= 0)
			json_put(&row, "gomaxprocs", json_integer(p->gomaxprocs));
		if (p->cpu_ratio >= 0)
			json_put(&row, "cpu_ratio", json_real(p->cpu_ratio));
		if (p->memory[0])
			json_put(&row, "memory_error", json_text(p->memory, strlen(p->memory)));
		else if (p->info.origin != GOPROC_NOT_LOOKED)
			json_put(&row, "memory", memory_object(&p->info));
		char *line = row ? json_dumps(row, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
		json_decref(row);
		if (!line)
			return error_no_memory(error);
		puts(line);
		free(line);
	}
	return STATUS_OK;
}

/* For completions and scripts; names are harmless already. */
static void print_plain(const struct discovery *d)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct discovered *p = &d->process[i];
		printf("%d\t%s\t%s\t%s\n", (int)p->pid, p->program, p->go_version, p->user);
	}
}

enum status command_ls(const struct options *o, struct error *error)
{
	struct discovery d;
	enum status status = discover(&d, !o->plain, error);
	if (status != STATUS_OK)
		return status;
	if (o->json) {
		status = print_json(&d, error);
	} else if (o->plain) {
		print_plain(&d);
	} else if (d.n) {
		print_table(&d, o->verbose);
	} else {
		char sentence[256];
		say_none(&d, sentence, sizeof sentence);
		fprintf(stderr, "%s\n", sentence);
	}
	if (!o->json && !o->plain)
		tell_left_out(&d, o->verbose);
	discovery_finish(&d);
	return status;
}

enum status choose_process(const struct options *o, pid_t *pid, struct error *error)
{
	struct discovery d;
	*pid = 0;
	enum status status = discover(&d, true, error);
	if (status != STATUS_OK)
		return status;
	if (d.n == 0) {
		char sentence[256];
		say_none(&d, sentence, sizeof sentence);
		return error_set(error, STATUS_NO_TARGET, "%s", sentence);
	}
	struct tui_choice *choice = calloc(d.n, sizeof *choice);
	if (!choice) {
		discovery_finish(&d);
		return error_no_memory(error);
	}
	for (size_t i = 0; i < d.n; i++) {
		const struct discovered *p = &d.process[i];
		choice[i].pid = p->pid;
		choice[i].gomaxprocs = p->gomaxprocs;
		choice[i].cpu_percent = p->cpu_ratio < 0 ? -1 : p->cpu_ratio * 100;
		snprintf(choice[i].user, sizeof choice[i].user, "%s", p->user);
		snprintf(choice[i].go_version, sizeof choice[i].go_version, "%s", p->go_version);
		snprintf(choice[i].program, sizeof choice[i].program, "%s", p->program);
		snprintf(choice[i].module, sizeof choice[i].module, "%s", p->module);
		snprintf(choice[i].agent, sizeof choice[i].agent, "%s", p->agent ? "yes" : "no");
	}
	long picked = -1;
	status = tui_pick(choice, d.n, wants_color(o), wants_ascii(o), &o->means, &picked, error);
	if (status == STATUS_OK && picked >= 0)
		*pid = choice[picked].pid;
	free(choice);
	discovery_finish(&d);
	return status;
}
