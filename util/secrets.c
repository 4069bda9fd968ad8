#include "util/secrets.h"

#include <string.h>
#include <strings.h>

enum {
	TOKEN_LEAST = 20,    /* characters of what may be a key without saying so */
	HEX_LEAST = 40,      /* the same where it is of hexadecimal digits: traces have 32 */
	PREFIXED_LEAST = 8,  /* characters behind a known prefix */
	CLASSES_OF_TOKEN = 3 /* of lower, upper, digit: words and paths have fewer */
};

/* Words in the key of `key=value`, `key: value` or `"key":"value"` whose value is one. */
static const char *const secret_words[] = {
	"password", "passwd",  "passphrase", "pwd",           "secret",     "token",
	"apikey",   "api_key", "api-key",    "authorization", "oauth",      "credential",
	"private",  "cookie",  "session",    "signature",     "access_key",
};
/* The value of these never is: what ties a log to a trace elsewhere. */
static const char *const harmless_keys[] = {
	"trace_id", "traceid", "trace-id", "span_id", "spanid", "span-id", "traceparent",
};
/* Headers whose value is many words: all of it is secret, up to the end of the line. */
static const char *const secret_lines[] = {"authorization", "cookie"};
/* A scheme of the header Authorization. */
static const char *const schemes[] = {"bearer", "basic", "digest"};
/* How services begin their keys, so that leaks are found. */
static const char *const prefixes[] = {
	"AKIA",   "ASIA",  "ghp_",     "gho_",     "ghu_",  "ghs_",  "ghr_",  "github_pat_",
	"glpat-", "sk-",   "sk_live_", "rk_live_", "xoxb-", "xoxp-", "xoxa-", "xoxs-",
	"AIza",   "ya29.", "eyJ",      "npm_",     "pypi-", "hvs.",
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}
static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}
static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
static bool is_key(char c)
{
	return is_lower(c) || is_upper(c) || is_digit(c) || c == '_' || c == '-' || c == '.';
}
/* Of base64 in both alphabets, and of tokens with dots. */
static bool is_token(char c)
{
	return is_key(c) || c == '+' || c == '/' || c == '~';
}
/* Where a value ends that is not in quotes. */
static bool is_end(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '&' || c == ',' || c == ';' ||
	       c == '"' || c == '\'' || c == ')' || c == '}' || c == ']' || c == '\0';
}

static bool contains(const char *text, size_t n, const char *word)
{
	size_t length = strlen(word);
	for (size_t i = 0; i + length <= n; i++)
		if (strncasecmp(text + i, word, length) == 0)
			return true;
	return false;
}

static bool contains_any(const char *text, size_t n, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (contains(text, n, words[i]))
			return true;
	return false;
}

/* --- what is found in a text ----------------------------------------------------------------- */

static size_t skip_spaces(const char *text, size_t at, size_t n)
{
	while (at < n && (text[at] == ' ' || text[at] == '\t'))
		at++;
	return at;
}

static size_t skip_char(const char *text, size_t at, size_t n, char c)
{
	while (at < n && text[at] == c)
		at++;
	return at;
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

/* In JSON that is a string of JSON itself there are backslashes before each quote, and more of them
   before those that belong to the value: its end has no more than its beginning. */
static struct secret quoted_at(const char *text, size_t quote, size_t escapes, size_t n)
{
	size_t begin = quote + 1;
	for (size_t at = begin; at < n; at++) {
		size_t end = at;
		at = skip_char(text, at, n, '\\');
		if (at < n && text[at] == text[quote] &&
		    (escapes ? at - end <= escapes : (at - end) % 2 == 0))
			return (struct secret){begin, (escapes ? end : at) - begin};
	}
	return (struct secret){begin, n - begin};
}

static struct secret value_at(const char *text, size_t at, size_t n)
{
	size_t quote = skip_char(text, at, n, '\\'), end = at;
	if (quote < n && is_quote(text[quote]))
		return quoted_at(text, quote, quote - at, n);
	while (end < n && !is_end(text[end]))
		end++;
	return (struct secret){at, end - at};
}

/* To the end of the line; `quote`: or to this one, which the line began with. */
static struct secret line_at(const char *text, size_t at, size_t n, char quote)
{
	size_t end = at;
	while (end < n && text[end] != '\n' && text[end] != '\r' && (!quote || text[end] != quote))
		end++;
	return (struct secret){at, end - at};
}

/* "Bearer abc": the value is the word behind the scheme. */
static bool find_scheme(const char *text, size_t at, size_t n, struct secret *found)
{
	for (size_t i = 0; i < COUNT(schemes); i++) {
		size_t length = strlen(schemes[i]);
		if (n - at > length && strncasecmp(text + at, schemes[i], length) == 0 &&
		    text[at + length] == ' ') {
			*found = value_at(text, skip_spaces(text, at + length, n), n);
			return found->n > 0;
		}
	}
	return false;
}

/* After a key: where its value begins, behind "=", ":", ":=", "=>" and a bracket; `n`: it has
   none. */
static size_t behind_sign(const char *text, size_t end_of_key, size_t n)
{
	size_t at = skip_char(text, end_of_key, n, '\\');
	at = at < n && is_quote(text[at]) ? at + 1 : end_of_key;
	at = skip_spaces(text, at, n);
	if (at == n || (text[at] != '=' && text[at] != ':'))
		return n;
	at++;
	at += at < n && (text[at] == '=' || text[at] == '>');
	at = skip_spaces(text, at, n);
	return skip_spaces(text, skip_char(text, at, n, '['), n);
}

/* The word from `key` on is a key with a value: *value is it. */
static bool find_value(const char *text, size_t key, size_t end_of_key, size_t n,
                       struct secret *value)
{
	size_t at = behind_sign(text, end_of_key, n);
	if (at >= n)
		return false;
	*value = value_at(text, at, n);
	if (value->at == at &&
	    contains_any(text + key, end_of_key - key, secret_lines, COUNT(secret_lines))) {
		/* "Cookie: a=1" as a whole may be in quotes, "Cookie": says nothing of the value's end. */
		char quote =
			key > 0 && is_quote(text[key - 1]) && text[end_of_key] == ':' ? text[key - 1] : '\0';
		*value = line_at(text, at, n, quote);
	}
	struct secret behind;
	if (find_scheme(text, value->at, n, &behind)) {
		size_t end = value->at + value->n, end_behind = behind.at + behind.n;
		*value = (struct secret){behind.at, (end > end_behind ? end : end_behind) - behind.at};
	}
	return value->n > 0;
}

static bool has_prefix(const char *text, size_t n)
{
	for (size_t i = 0; i < COUNT(prefixes); i++) {
		size_t length = strlen(prefixes[i]);
		if (n >= length + PREFIXED_LEAST && memcmp(text, prefixes[i], length) == 0)
			return true;
	}
	return false;
}

/* Long, and of more kinds of characters than words are. Paths and names of functions are cut at
   their slashes and dots before. */
static bool is_random(const char *text, size_t n)
{
	unsigned lower = 0, upper = 0, digits = 0, hex = 0, changes = 0;
	for (size_t i = 0; i < n; i++) {
		lower += is_lower(text[i]);
		upper += is_upper(text[i]);
		digits += is_digit(text[i]);
		hex += is_hex(text[i]);
		changes += i > 0 && is_digit(text[i]) != is_digit(text[i - 1]);
	}
	if (hex == n)
		return n >= HEX_LEAST && digits > 0 && digits < n;
	return n >= TOKEN_LEAST && (lower > 0) + (upper > 0) + (digits > 0) == CLASSES_OF_TOKEN &&
	       changes >= 3;
}

/* A password may have nearly all characters in it: where the host may still follow. */
static bool is_authority(char c)
{
	return c != ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\0' && c != '/' && c != '?' &&
	       c != '#' && !is_quote(c);
}

/* "scheme://user:password@host": what lies between the first colon and the last @. */
static bool find_user(const char *text, size_t at, size_t n, struct secret *found)
{
	if (n - at < 3 || memcmp(text + at, "://", 3) != 0)
		return false;
	size_t colon = 0, end = 0;
	for (size_t i = at + 3; i < n && is_authority(text[i]); i++) {
		if (text[i] == ':' && !colon)
			colon = i + 1;
		if (text[i] == '@')
			end = i;
	}
	*found = (struct secret){colon, end - colon};
	return colon && end > colon;
}

/* "-----BEGIN RSA PRIVATE KEY-----" and all that follows. */
static bool find_pem(const char *text, size_t at, size_t n, struct secret *found)
{
	static const char begin[] = "-----BEGIN ";
	size_t length = sizeof begin - 1;
	if (n - at < length || memcmp(text + at, begin, length) != 0)
		return false;
	*found = (struct secret){at, n - at};
	return true;
}

bool secret_find(const char *text, size_t at, size_t n, struct secret *found)
{
	while (at < n) {
		if (find_user(text, at, n, found) || find_pem(text, at, n, found))
			return true;
		if (!is_token(text[at])) {
			at++;
			continue;
		}
		if (find_scheme(text, at, n, found) && found->n >= PREFIXED_LEAST)
			return true;
		size_t end = at, key;
		while (end < n && is_token(text[end]))
			end++;
		for (key = end; key > at && is_key(text[key - 1]);)
			key--;
		if (find_value(text, key, end, n, found)) {
			if (contains_any(text + key, end - key, harmless_keys, COUNT(harmless_keys))) {
				at = found->at + found->n;
				continue;
			}
			if (contains_any(text + key, end - key, secret_words, COUNT(secret_words)))
				return true;
		}
		*found = (struct secret){at, end - at};
		if (has_prefix(text + at, end - at))
			return true;
		for (size_t from = at; from < end;) {
			size_t to = from;
			while (to < end && text[to] != '/' && text[to] != '.')
				to++;
			*found = (struct secret){from, to - from};
			if (is_random(text + from, to - from))
				return true;
			from = to + 1;
		}
		at = end;
	}
	return false;
}
