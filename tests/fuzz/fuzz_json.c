/* Whatever JSON may say to the readers of fields and bounds, alone and nested. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *root = json_loadb((const char *)data, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	if (!root)
		return 0;
	read_value(root);
	size_t i;
	json_t *member;
	json_array_foreach(root, i, member) read_value(member);
	const char *key;
	json_object_foreach(root, key, member) read_value(member);
	json_decref(root);
	return 0;
}
