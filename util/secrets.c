#include "util/secrets.h"

#include <string.h>
#include <strings.h>

enum {
	TOKEN_LEAST = 20,    /* characters of what may be a key without saying so */
	HEX_LEAST = 40,      /* the same where it is of hexadecimal digits: traces have 32 */
	PREFIXED_LEAST = 8,  /* characters behind a known prefix */
	DOMAIN_LEAST = 2,    /* letters of a top-level domain */
	CLASSES_OF_TOKEN = 3 /* of lower, upper, digit: words and paths have fewer */
};

/* Words in the key of `key=value`, `key: value` or `"key":"value"` whose value is one. */
static const struct {
	const char *word;
	enum secret_kind kind;
} secret_words[] = {
	{"password", SECRET_PASSWORD},    {"passwd", SECRET_PASSWORD},  {"passphrase", SECRET_PASSWORD},
	{"pwd", SECRET_PASSWORD},         {"secret", SECRET_VALUE},     {"token", SECRET_VALUE},
	{"apikey", SECRET_VALUE},         {"api_key", SECRET_VALUE},    {"api-key", SECRET_VALUE},
	{"authorization", SECRET_HEADER}, {"oauth", SECRET_VALUE},      {"credential", SECRET_VALUE},
	{"private", SECRET_VALUE},        {"cookie", SECRET_HEADER},    {"session", SECRET_VALUE},
	{"signature", SECRET_VALUE},      {"access_key", SECRET_VALUE},
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
/* How name@host ends where it is no address of mail, and how it begins. */
static const char *const no_domains[] = {
	"service", "socket", "timer", "local", "localdomain", "localhost", "internal", "git",
};
static const char *const no_mailboxes[] = {"git", "root"};

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
static bool is_letter(char c)
{
	return is_lower(c) || is_upper(c);
}
static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
static bool is_key(char c)
{
	return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.';
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

static bool is_any(const char *text, size_t n, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (n == strlen(words[i]) && strncasecmp(text, words[i], n) == 0)
			return true;
	return false;
}

/* --- what is found in a text ----------------------------------------------------------------- */

/* A part of the text. */
struct part {
	size_t at, n;
};

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
static struct part quoted_at(const char *text, size_t quote, size_t escapes, size_t n)
{
	size_t begin = quote + 1;
	for (size_t at = begin; at < n; at++) {
		size_t end = at;
		at = skip_char(text, at, n, '\\');
		if (at < n && text[at] == text[quote] &&
		    (escapes ? at - end <= escapes : (at - end) % 2 == 0))
			return (struct part){begin, (escapes ? end : at) - begin};
	}
	return (struct part){begin, n - begin};
}

static struct part value_at(const char *text, size_t at, size_t n)
{
	size_t quote = skip_char(text, at, n, '\\'), end = at;
	if (quote < n && is_quote(text[quote]))
		return quoted_at(text, quote, quote - at, n);
	while (end < n && !is_end(text[end]))
		end++;
	return (struct part){at, end - at};
}

/* To the end of the line; `quote`: or to this one, which the line began with. */
static struct part line_at(const char *text, size_t at, size_t n, char quote)
{
	size_t end = at;
	while (end < n && text[end] != '\n' && text[end] != '\r' && (!quote || text[end] != quote))
		end++;
	return (struct part){at, end - at};
}

/* "Bearer abc": the value is the word behind the scheme, which is returned. NULL: there is none. */
static const char *find_scheme(const char *text, size_t at, size_t n, struct part *found)
{
	for (size_t i = 0; i < COUNT(schemes); i++) {
		size_t length = strlen(schemes[i]);
		if (n - at > length && strncasecmp(text + at, schemes[i], length) == 0 &&
		    text[at + length] == ' ') {
			*found = value_at(text, skip_spaces(text, at + length, n), n);
			return found->n > 0 ? schemes[i] : NULL;
		}
	}
	return NULL;
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
                       struct part *value)
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
	struct part behind;
	if (find_scheme(text, value->at, n, &behind)) {
		size_t end = value->at + value->n, end_behind = behind.at + behind.n;
		*value = (struct part){behind.at, (end > end_behind ? end : end_behind) - behind.at};
	}
	return value->n > 0;
}

static const char *prefix_of(const char *text, size_t n)
{
	for (size_t i = 0; i < COUNT(prefixes); i++) {
		size_t length = strlen(prefixes[i]);
		if (n >= length + PREFIXED_LEAST && memcmp(text, prefixes[i], length) == 0)
			return prefixes[i];
	}
	return NULL;
}

bool secret_is_random(const char *text, size_t n)
{
	unsigned lower = 0, upper = 0, digits = 0, hex = 0, changes = 0;
	if (n < TOKEN_LEAST) /* as nearly all words are */
		return false;
	for (size_t i = 0; i < n; i++) {
		lower += is_lower(text[i]);
		upper += is_upper(text[i]);
		digits += is_digit(text[i]);
		hex += is_hex(text[i]);
		changes += i > 0 && is_digit(text[i]) != is_digit(text[i - 1]);
	}
	if (hex == n)
		return n >= HEX_LEAST && digits > 0 && digits < n;
	return (lower > 0) + (upper > 0) + (digits > 0) == CLASSES_OF_TOKEN && changes >= 3;
}

/* A password may have nearly all characters in it: where the host may still follow. */
static bool is_authority(char c)
{
	return c != ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\0' && c != '/' && c != '?' &&
	       c != '#' && !is_quote(c);
}

/* "scheme://user:password@host": what lies between the first colon and the last @. */
static bool find_user(const char *text, size_t at, size_t n, struct part *found)
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
	*found = (struct part){colon, end - colon};
	return colon && end > colon;
}

/* "-----BEGIN RSA PRIVATE KEY-----" and all that follows. */
static bool find_pem(const char *text, size_t at, size_t n, struct part *found)
{
	static const char begin[] = "-----BEGIN ";
	size_t length = sizeof begin - 1;
	if (n - at < length || memcmp(text + at, begin, length) != 0)
		return false;
	*found = (struct part){at, n - at};
	return true;
}

/* "name@host.example" around the @ at `at`, where the name doesn't begin before `least`. Versions
   of Go's modules ("x@v1.2.3") look like it. */
static bool find_mail(const char *text, size_t least, size_t at, size_t n, struct part *found)
{
	size_t begin = at, end = at + 1;
	while (begin > least && text[begin - 1] != '/')
		begin--;
	while (end < n && is_key(text[end]) && text[end] != '_')
		end++;
	while (end > at + 1 && !is_letter(text[end - 1]))
		end--; /* the full stop of a sentence */
	size_t top = end;
	while (top > at + 1 && is_letter(text[top - 1]))
		top--;
	*found = (struct part){begin, end - begin};
	return begin < at && end - top >= DOMAIN_LEAST && top >= at + 3 && text[top - 1] == '.' &&
	       !(text[at + 1] == 'v' && is_digit(text[at + 2])) &&
	       !is_any(text + top, end - top, no_domains, COUNT(no_domains)) &&
	       !is_any(text + begin, at - begin, no_mailboxes, COUNT(no_mailboxes));
}

/* --- the search ------------------------------------------------------------------------------ */

static bool tell(struct secret *found, struct part part, enum secret_kind kind, const char *sign)
{
	*found = (struct secret){part.at, part.n, kind, sign};
	return true;
}

/* The word from `at` to `end` is a key that says what its value is. *next: behind the value where
   it is a harmless one. */
static bool find_keyed(const char *text, size_t at, size_t end, size_t n, struct secret *found,
                       size_t *next)
{
	size_t key = end;
	struct part value;
	while (key > at && is_key(text[key - 1]))
		key--;
	if (!find_value(text, key, end, n, &value))
		return false;
	if (contains_any(text + key, end - key, harmless_keys, COUNT(harmless_keys))) {
		*next = value.at + value.n;
		return false;
	}
	for (size_t i = 0; i < COUNT(secret_words); i++)
		if (contains(text + key, end - key, secret_words[i].word))
			return tell(found, value, secret_words[i].kind, secret_words[i].word);
	return false;
}

/* The word itself is one, or holds one. */
static bool find_word(const char *text, size_t at, size_t end, size_t n, struct secret *found)
{
	struct part part = {at, end - at};
	const char *prefix = prefix_of(text + at, end - at);
	if (prefix)
		return tell(found, part, SECRET_KEY, prefix);
	if (end < n && text[end] == '@' && find_mail(text, at, end, n, &part))
		return tell(found, part, SECRET_MAIL, NULL);
	for (size_t from = at; from < end;) {
		size_t to = from;
		while (to < end && text[to] != '/' && text[to] != '.')
			to++;
		if (secret_is_random(text + from, to - from))
			return tell(found, (struct part){from, to - from}, SECRET_RANDOM, NULL);
		from = to + 1;
	}
	return false;
}

bool secret_find(const char *text, size_t at, size_t n, struct secret *found)
{
	struct part part;
	while (at < n) {
		if (find_user(text, at, n, &part))
			return tell(found, part, SECRET_ADDRESS, NULL);
		if (find_pem(text, at, n, &part))
			return tell(found, part, SECRET_PEM, NULL);
		if (!is_token(text[at])) {
			at++;
			continue;
		}
		const char *scheme = find_scheme(text, at, n, &part);
		if (scheme && part.n >= PREFIXED_LEAST)
			return tell(found, part, SECRET_HEADER, scheme);
		size_t end = at;
		while (end < n && is_token(text[end]))
			end++;
		size_t next = end;
		if (find_keyed(text, at, end, n, found, &next) ||
		    (next == end && find_word(text, at, end, n, found)))
			return true;
		at = next;
	}
	return false;
}
