#include "metrics/json_tasks.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "metrics/syscalls.h"
#include "metrics/threads.h"
#include "util/text.h"

/* Takes over `value`; false when out of memory. */
static bool put(json_t *object, const char *key, json_t *value)
{
	return value && json_object_set_new_nocheck(object, key, value) == 0;
}

static bool put_string(json_t *object, const char *key, const char *text)
{
	char clean[64];
	if (text[0] == '\0')
		return true;
	text_clean(clean, sizeof clean, text, strlen(text));
	return put(object, key, json_string_nocheck(clean));
}

static bool append(json_t *array, json_t *object, bool complete)
{
	if (complete)
		return json_array_append_new(array, object) == 0;
	json_decref(object);
	return false;
}

/* null: the thread is in no system call. */
static bool put_syscall(json_t *row, int number)
{
	const char *name = syscall_name(number);
	if (number == TASK_SYSCALL_UNKNOWN)
		return true;
	if (number < 0)
		return put(row, "syscall", json_null());
	return put(row, "syscall", json_integer(number)) &&
	       (!name || put_string(row, "syscall_name", name));
}

static bool put_task(json_t *row, const struct snapshot_task *task, int64_t now_ns)
{
	const char state[2] = {task->state, '\0'};
	bool ok = put(row, "tid", json_integer(task->tid));
	if (task->inner_tid != task->tid)
		ok = ok && put(row, "inner_tid", json_integer(task->inner_tid));
	if (task->read_ns > 0)
		ok = ok && put(row, "age_ns", json_integer(now_ns - task->read_ns));
	if (task->cpu_ns >= 0)
		ok = ok && put(row, "cpu_ns", json_integer(task->cpu_ns));
	return ok && put_string(row, "state", state) && put_string(row, "name", task->name) &&
	       put_string(row, "wait", task->wait) && put_syscall(row, task->syscall);
}

json_t *json_tasks(const struct snapshot *s)
{
	json_t *array = json_array();
	for (size_t i = 0; array && i < s->ntasks; i++) {
		json_t *row = json_object();
		if (!append(array, row, row && put_task(row, &s->task[i], s->monotonic_ns))) {
			json_decref(array);
			array = NULL;
		}
	}
	return array;
}

static bool put_use(json_t *object, const struct thread_row *row, int64_t now_ns)
{
	int64_t m;
	bool ok = put(object, "tid", json_integer(row->tid)) &&
	          put_string(object, "use", thread_use_name[row->use]);
	if (row->m && fields_get(&row->m->f, M_ID, &m))
		ok = ok && put(object, "m", json_integer(m));
	if (row->since_ns >= 0)
		ok = ok && put(object, row->at_least ? "for_at_least_ns" : "for_ns",
		               json_integer(now_ns - row->since_ns));
	if (!isnan(row->cpu_ratio))
		ok = ok && put(object, "cpu_ratio", json_real(row->cpu_ratio));
	return ok;
}

json_t *json_task_uses(const struct history *h)
{
	struct thread_table table;
	const struct snapshot *now = history_get(h, 0);
	if (now->ntasks == 0)
		return json_array();
	if (derive_thread_table(h, &table))
		return NULL;
	json_t *array = json_array();
	for (size_t i = 0; array && i < table.n; i++) {
		json_t *object = json_object();
		if (!append(array, object, object && put_use(object, &table.row[i], now->monotonic_ns))) {
			json_decref(array);
			array = NULL;
		}
	}
	thread_table_finish(&table);
	return array;
}

/* --- reading -------------------------------------------------------------------------------- */

static bool read_integer(const json_t *row, const char *key, int64_t min, int64_t max, int64_t *out)
{
	const json_t *value = json_object_get(row, key);
	if (!json_is_integer(value) || json_integer_value(value) < min ||
	    json_integer_value(value) > max)
		return false;
	*out = json_integer_value(value);
	return true;
}

static void read_string(const json_t *row, const char *key, char *to, size_t size)
{
	const json_t *value = json_object_get(row, key);
	if (json_is_string(value))
		text_clean(to, size, json_string_value(value), json_string_length(value));
}

static bool read_task(const json_t *row, int64_t now_ns, struct snapshot_task *task)
{
	int64_t tid, number, age_ns;
	char state[2] = "";
	if (!read_integer(row, "tid", 1, INT32_MAX, &tid))
		return false;
	*task = (struct snapshot_task){.tid = (int32_t)tid, .inner_tid = (int32_t)tid, .cpu_ns = -1};
	task->syscall = TASK_SYSCALL_UNKNOWN;
	if (json_is_null(json_object_get(row, "syscall")))
		task->syscall = TASK_SYSCALL_NONE;
	if (read_integer(row, "syscall", 0, INT16_MAX, &number))
		task->syscall = (int16_t)number;
	if (read_integer(row, "inner_tid", 1, INT32_MAX, &tid))
		task->inner_tid = (int32_t)tid;
	if (read_integer(row, "age_ns", 0, now_ns, &age_ns))
		task->read_ns = now_ns - age_ns;
	read_integer(row, "cpu_ns", 0, INT64_MAX, &task->cpu_ns);
	read_string(row, "state", state, sizeof state);
	task->state = state[0];
	read_string(row, "name", task->name, sizeof task->name);
	read_string(row, "wait", task->wait, sizeof task->wait);
	return true;
}

enum status json_read_tasks(const json_t *array, struct snapshot *s)
{
	size_t n = json_array_size(array);
	if (snapshot_reserve_tasks(s, n))
		return STATUS_FAILED;
	for (size_t i = 0; i < n; i++)
		if (!read_task(json_array_get(array, i), s->monotonic_ns, &s->task[i]) ||
		    (i > 0 && s->task[i].tid <= s->task[i - 1].tid))
			return snapshot_reserve_tasks(s, 0) ? STATUS_FAILED : STATUS_DAMAGED;
	return STATUS_OK;
}
