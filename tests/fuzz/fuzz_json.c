/* Whatever JSON may say to the reader of snapshots, and to those of fields and bounds, alone and
   nested. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read must be what the field's kind allows; anything else would be a lie on the screen.
 */
static void read_object(const json_t *value, const struct field_info *info, int count)
{
	struct fields fields = {0};
	json_read_fields(value, info, count, &fields);
	for (int i = 0; i < count; i++) {
		int64_t n;
		if (!fields_get(&fields, i, &n))
			continue;
		if ((info[i].kind == FIELD_BOOL && n != 0 && n != 1) ||
		    (info[i].kind == FIELD_COUNTER && n < 0) || (info[i].kind == FIELD_ID && n < FIELD_NIL))
			abort();
	}
}

static void read_value(const json_t *value)
{
	double bound = 0;
	if (json_read_bound(value, &bound) && bound != bound)
		abort();
	read_object(value, sched_field_info, SCHED_FIELD_COUNT);
	read_object(value, p_field_info, P_FIELD_COUNT);
	read_object(value, m_field_info, M_FIELD_COUNT);
	read_object(value, runtime_field_info, RUNTIME_FIELD_COUNT);
	read_object(value, os_field_info, OS_FIELD_COUNT);
}

/* The only snapshot of its history as a line; frees nothing but the history. */
static char *encode(const struct snapshot *s)
{
	struct history *h = history_create(INT64_C(60000000000), (size_t)1 << 30);
	if (!h || history_add(h, snapshot_ref(s)) != STATUS_OK)
		abort();
	char *line = json_encode(h);
	if (!line)
		abort();
	history_destroy(h);
	return line;
}

/* What is a snapshot can be told again, and is the same one then. */
static void read_snapshot(const uint8_t *data, size_t size)
{
	struct snapshot *s, *again;
	struct error error = {0};
	if (json_decode((const char *)data, size, &s, &error) != STATUS_OK) {
		if (s || error.text[0] == '\0')
			abort();
		return;
	}
	char *line = encode(s);
	if (json_decode(line, strlen(line), &again, NULL) != STATUS_OK)
		abort();
	char *same = encode(again);
	if (strcmp(line, same) != 0)
		abort();
	free(line);
	free(same);
	snapshot_unref(s);
	snapshot_unref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_snapshot(data, size);
	json_t *root = json_loadb((const char *)data, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	if (!root)
		return 0;
	read_value(root);
	size_t i;
	json_t *member;
	json_array_foreach(root, i, member)
	{
		read_value(member);
	}
	const char *key;
	json_object_foreach(root, key, member)
	{
		read_value(member);
	}
	json_decref(root);
	return 0;
}
