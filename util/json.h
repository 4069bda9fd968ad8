/*
 * Steps of building JSON of which only the last one has to be looked at: an object or array that
 * could not be made is NULL, and stays NULL whatever is put into it. The caller owns it; one
 * thread.
 */
#ifndef SCHEDTOP_UTIL_JSON_H
#define SCHEDTOP_UTIL_JSON_H

#include <jansson.h>

/* Takes over `value`; one that is NULL makes the whole NULL. */
static inline void json_put(json_t **object, const char *key, json_t *value)
{
	if (json_object_set_new(*object, key, value) == 0)
		return;
	json_decref(*object);
	*object = NULL;
}

static inline void json_push(json_t **array, json_t *value)
{
	if (json_array_append_new(*array, value) == 0)
		return;
	json_decref(*array);
	*array = NULL;
}

#endif
