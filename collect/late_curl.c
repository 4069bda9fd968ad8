/*
 * libcurl, loaded when it is first called: with what it brings along it is two thirds of what the
 * program would load at its start, and most runs speak to no agent. These are libcurl's functions
 * as its header declares them, each handing over to the real one; where there is no libcurl they
 * fail as it would. Any thread; the loader remembers what is loaded.
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <string.h>

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#undef curl_easy_getinfo
#undef curl_easy_setopt
#undef curl_multi_setopt

/* The number is that of libcurl's ABI, the same since 2006. */
#define LIBRARY "libcurl.so.4"

/* Leaves *function alone where there is none. */
static void find(const char *name, void *function)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	void *found = library ? dlsym(library, name) : NULL;
	if (found)
		memcpy(function, &found, sizeof found);
	if (library)
		dlclose(library);
}

/* Declares `real`, the function of that name or NULL. */
#define FIND(name)                 \
	__typeof__(&name) real = NULL; \
	find(#name, &real)

CURLcode curl_global_init(long flags)
{
	FIND(curl_global_init);
	return real ? real(flags) : CURLE_FAILED_INIT;
}

void curl_global_cleanup(void)
{
	FIND(curl_global_cleanup);
	if (real)
		real();
}

/* --- one transfer ------------------------------------------------------------------------------
 */

CURL *curl_easy_init(void)
{
	FIND(curl_easy_init);
	return real ? real() : NULL;
}

void curl_easy_cleanup(CURL *easy)
{
	FIND(curl_easy_cleanup);
	if (real)
		real(easy);
}

const char *curl_easy_strerror(CURLcode code)
{
	FIND(curl_easy_strerror);
	return real ? real(code) : LIBRARY " is not there";
}

/* An option's number tells what it takes. */
enum taken { TAKES_LONG, TAKES_POINTER, TAKES_OFFSET };

static enum taken taken_by(long option)
{
	if (option < CURLOPTTYPE_OBJECTPOINT)
		return TAKES_LONG;
	return option >= CURLOPTTYPE_OFF_T && option < CURLOPTTYPE_BLOB ? TAKES_OFFSET : TAKES_POINTER;
}

#define HAND_OVER(handle, option)                         \
	do {                                                  \
		enum taken taken = taken_by((long)(option));      \
		va_list args;                                     \
		va_start(args, option);                           \
		if (taken == TAKES_LONG) {                        \
			long number = va_arg(args, long);             \
			result = real(handle, option, number);        \
		} else if (taken == TAKES_OFFSET) {               \
			curl_off_t offset = va_arg(args, curl_off_t); \
			result = real(handle, option, offset);        \
		} else {                                          \
			void *pointer = va_arg(args, void *);         \
			result = real(handle, option, pointer);       \
		}                                                 \
		va_end(args);                                     \
	} while (0)

CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
	CURLcode result = CURLE_FAILED_INIT;
	FIND(curl_easy_setopt);
	if (real)
		HAND_OVER(easy, option);
	return result;
}

CURLcode curl_easy_getinfo(CURL *easy, CURLINFO info, ...)
{
	CURLcode result = CURLE_FAILED_INIT;
	FIND(curl_easy_getinfo);
	va_list args;
	va_start(args, info);
	if (real)
		result = real(easy, info, va_arg(args, void *));
	va_end(args);
	return result;
}

/* --- several at a time -------------------------------------------------------------------------
 */

CURLM *curl_multi_init(void)
{
	FIND(curl_multi_init);
	return real ? real() : NULL;
}

CURLMcode curl_multi_cleanup(CURLM *multi)
{
	FIND(curl_multi_cleanup);
	return real ? real(multi) : CURLM_BAD_HANDLE;
}

CURLMcode curl_multi_setopt(CURLM *multi, CURLMoption option, ...)
{
	CURLMcode result = CURLM_BAD_HANDLE;
	FIND(curl_multi_setopt);
	if (real)
		HAND_OVER(multi, option);
	return result;
}

CURLMcode curl_multi_add_handle(CURLM *multi, CURL *easy)
{
	FIND(curl_multi_add_handle);
	return real ? real(multi, easy) : CURLM_BAD_HANDLE;
}

CURLMcode curl_multi_remove_handle(CURLM *multi, CURL *easy)
{
	FIND(curl_multi_remove_handle);
	return real ? real(multi, easy) : CURLM_BAD_HANDLE;
}

CURLMcode curl_multi_perform(CURLM *multi, int *running)
{
	FIND(curl_multi_perform);
	return real ? real(multi, running) : CURLM_BAD_HANDLE;
}

CURLMcode curl_multi_poll(CURLM *multi, struct curl_waitfd *extra, unsigned n, int timeout_ms,
                          int *ready)
{
	FIND(curl_multi_poll);
	return real ? real(multi, extra, n, timeout_ms, ready) : CURLM_BAD_HANDLE;
}

CURLMcode curl_multi_wakeup(CURLM *multi)
{
	FIND(curl_multi_wakeup);
	return real ? real(multi) : CURLM_BAD_HANDLE;
}

CURLMsg *curl_multi_info_read(CURLM *multi, int *left)
{
	FIND(curl_multi_info_read);
	return real ? real(multi, left) : NULL;
}

CURLMcode curl_multi_socket_action(CURLM *multi, curl_socket_t fd, int events, int *running)
{
	FIND(curl_multi_socket_action);
	return real ? real(multi, fd, events, running) : CURLM_BAD_HANDLE;
}

CURLMcode curl_multi_assign(CURLM *multi, curl_socket_t fd, void *watch)
{
	FIND(curl_multi_assign);
	return real ? real(multi, fd, watch) : CURLM_BAD_HANDLE;
}
