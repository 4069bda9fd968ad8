#include "doctor/certain.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
	PASSWORD_LEAST = 6, /* characters, letters and digits among them */
	ADDRESS_LEAST = 3,
	SCHEME_LEAST = 12, /* behind "Bearer": both cases and digits */
	HEX_LEAST = 32,    /* digits, in what a telling key has as its value */
	KEY_LEAST = 16,    /* characters behind what services begin their keys with */
	KEY_CHANGES = 3,   /* between digits and others, in such a key: words have them at their end */
	HEADER_NEAR = 64,  /* characters between the name of a header and its credentials, at most */
	PEM_TITLE = 64     /* characters in which a private key says that it is one */
};

const char *const secret_names[SECRET_KINDS] = {
	[SECRET_PASSWORD] = "a password",
	[SECRET_VALUE] = "a token or key",
	[SECRET_HEADER] = "credentials of a header",
	[SECRET_ADDRESS] = "a password in an address",
	[SECRET_PEM] = "a private key",
	[SECRET_KEY] = "a key of a service",
	[SECRET_RANDOM] = "a long random word",
	[SECRET_MAIL] = "a mail address",
};

/* What a text is made of. */
struct makeup {
	size_t lower, upper, digits, hex;
	bool same;     /* one character again and again */
	bool quantity; /* a number with a unit, a date */
};

static struct makeup makeup_of(const char *text, size_t n)
{
	struct makeup m = {.same = true, .quantity = n > 0 && isdigit((unsigned char)text[0])};
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];
		m.lower += islower(c) != 0;
		m.upper += isupper(c) != 0;
		m.digits += isdigit(c) != 0;
		m.hex += isxdigit(c) != 0;
		m.same = m.same && text[i] == text[0];
		m.quantity = m.quantity && c && strchr("0123456789.,:+-%nmshdkKMGTZiBeyars", c);
	}
	return m;
}

/* "xxxxx" of url.Redacted, "***", "${TOKEN}", "<hidden>", "%s", "[redacted]" stand for one. */
static bool is_stand_in(const char *text, size_t n)
{
	return makeup_of(text, n).same || (n && strchr("<$%{[(*", text[0])) ||
	       memmem(text, n, "redacted", 8) || memmem(text, n, "REDACTED", 8);
}

static bool is_mixed(const char *text, size_t n, size_t least)
{
	struct makeup m = makeup_of(text, n);
	return n >= least && m.digits && m.lower + m.upper && !m.quantity;
}

/* A piece of it between signs is random, or is what hashes and IDs of sessions are. */
static bool is_opaque(const char *text, size_t n)
{
	for (size_t from = 0; from < n;) {
		size_t to = from;
		while (to < n && !strchr(" .,;=:/\t", text[to]))
			to++;
		struct makeup m = makeup_of(text + from, to - from);
		if (secret_is_random(text + from, to - from) ||
		    (to - from >= HEX_LEAST && m.hex == to - from && m.digits < m.hex))
			return true;
		from = to + 1;
	}
	return false;
}

static bool is_credential(const char *text, size_t n)
{
	struct makeup m = makeup_of(text, n);
	return is_opaque(text, n) || (n >= SCHEME_LEAST && m.lower && m.upper && m.digits &&
	                              !memchr(text, ' ', n) && !memchr(text, '=', n));
}

/* --- what stands around it ------------------------------------------------------------------- */

static bool is_sign(const struct secret *secret, const char *word)
{
	return secret->sign && strcmp(secret->sign, word) == 0;
}

/* Not far before, since a text may be long and hold many that ask. */
static bool stands_before(const char *text, size_t at, const char *word)
{
	size_t length = strlen(word);
	for (size_t i = at > HEADER_NEAR ? at - HEADER_NEAR : 0; i + length <= at; i++)
		if (strncasecmp(text + i, word, length) == 0)
			return true;
	return false;
}

/* "Basic" and "digest" are ordinary words where no header is named. */
static bool is_of_header(const char *text, const struct secret *secret)
{
	return (!is_sign(secret, "basic") && !is_sign(secret, "digest")) ||
	       stands_before(text, secret->at, "authorization") ||
	       stands_before(text, secret->at, "cookie");
}

/* The key before the value ends with a word for it: "password_changed_at" has another value. */
static bool is_of_password(const char *text, const struct secret *secret)
{
	static const char *const words[] = {"password", "passwd", "passphrase", "pwd", "secret"};
	size_t end = secret->at;
	while (end > 0 && strchr(" \t\"'\\[=:>", text[end - 1]))
		end--;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t length = strlen(words[i]);
		if (end >= length && strncasecmp(text + end - length, words[i], length) == 0)
			return true;
	}
	return false;
}

/* A word follows that is no key: "password: user42 not found". */
static bool is_in_prose(const char *text, size_t n, const struct secret *secret)
{
	size_t begin = secret->at + secret->n, end;
	if (begin >= n || text[begin] != ' ')
		return false;
	while (begin < n && text[begin] == ' ')
		begin++;
	for (end = begin; end < n && islower((unsigned char)text[end]);)
		end++;
	return end > begin && (end == n || strchr(" .,;!?\n", text[end]));
}

/* --- what services hand out ------------------------------------------------------------------ */

/* "AKIA" and "ASIA" have 16 characters behind them, which are all of one alphabet. */
static bool is_access_key(const char *text, size_t n)
{
	size_t length = 0, digits = 0;
	while (length < n &&
	       (isupper((unsigned char)text[length]) || isdigit((unsigned char)text[length])))
		digits += isdigit((unsigned char)text[length++]) != 0;
	return length == KEY_LEAST && digits &&
	       (length == n || (!isalnum((unsigned char)text[length]) && !strchr("-_", text[length])));
}

/* Some piece of it is no word: "sk-learn-KMeansPipeline2" is made of them. */
static bool is_service_key(const char *text, size_t n)
{
	for (size_t from = 0, to; from < n; from = to + 1) {
		unsigned changes = 0;
		for (to = from; to < n && !strchr("-_./", text[to]); to++)
			changes += to > from &&
			           !isdigit((unsigned char)text[to]) != !isdigit((unsigned char)text[to - 1]);
		if (to - from >= KEY_LEAST && changes >= KEY_CHANGES &&
		    makeup_of(text + from, to - from).upper)
			return true;
	}
	return false;
}

/* Behind the last dot; programs name their instances like addresses, but not below these. */
static bool is_of_known_domain(const char *text, size_t n)
{
	static const char *const domains[] = {
		"com", "org", "net", "io", "dev", "edu", "gov", "mil", "info", "biz", "eu",
		"de",  "uk",  "fr",  "nl", "be",  "ch",  "at",  "it",  "es",   "pt",  "se",
		"no",  "dk",  "fi",  "pl", "cz",  "ru",  "ua",  "ie",  "us",   "ca",  "mx",
		"br",  "ar",  "au",  "nz", "jp",  "cn",  "kr",  "in",  "za",
	};
	size_t top = n;
	while (top > 0 && text[top - 1] != '.')
		top--;
	for (size_t i = 0; top > 0 && i < sizeof domains / sizeof *domains; i++)
		if (strlen(domains[i]) == n - top && strncasecmp(text + top, domains[i], n - top) == 0)
			return true;
	return false;
}

/* A short number of hexadecimal digits in the midst of words may as well name a span. */
static bool is_value(const char *text, size_t length, const struct secret *secret)
{
	const char *value = text + secret->at;
	return !is_sign(secret, "signature") && is_opaque(value, secret->n) &&
	       (secret_is_random(value, secret->n) || makeup_of(value, secret->n).hex < secret->n ||
	        !is_in_prose(text, length, secret));
}

bool secret_is_certain(const char *text, size_t length, const struct secret *secret)
{
	const char *value = text + secret->at;
	size_t n = secret->n, sign = secret->sign ? strlen(secret->sign) : 0;
	if (is_stand_in(value, n))
		return false;
	switch (secret->kind) {
	case SECRET_PASSWORD:
		return is_mixed(value, n, PASSWORD_LEAST) && is_of_password(text, secret) &&
		       !is_in_prose(text, length, secret);
	case SECRET_VALUE:
		return is_value(text, length, secret);
	case SECRET_HEADER:
		return is_credential(value, n) && is_of_header(text, secret);
	case SECRET_ADDRESS:
		return n >= ADDRESS_LEAST;
	case SECRET_PEM:
		return memmem(value, n < PEM_TITLE ? n : PEM_TITLE, "PRIVATE KEY-----", 16) != NULL;
	case SECRET_KEY:
		return is_sign(secret, "AKIA") || is_sign(secret, "ASIA")
		           ? is_access_key(value + sign, n - sign)
		           : is_service_key(value + sign, n - sign);
	case SECRET_MAIL:
		return is_of_known_domain(value, n);
	default:
		return false;
	}
}

void secret_hint(char to[SECRET_HINT], const char *text, const struct secret *secret)
{
	/* Between the sign and the dots that stand for the secret. */
	static const char *const signs[SECRET_KINDS] = {
		[SECRET_PASSWORD] = "=", [SECRET_VALUE] = "=",   [SECRET_HEADER] = " ",
		[SECRET_ADDRESS] = ":",  [SECRET_PEM] = "-----",
	};
	char initial[2] = "";
	if (secret->kind == SECRET_MAIL && isalnum((unsigned char)text[secret->at]))
		initial[0] = text[secret->at];
	snprintf(to, SECRET_HINT, "%s%s%s...%s (%zu characters)", secret->sign ? secret->sign : "",
	         signs[secret->kind] ? signs[secret->kind] : "", initial,
	         secret->kind == SECRET_MAIL      ? "@..."
	         : secret->kind == SECRET_ADDRESS ? "@"
	                                          : "",
	         secret->n);
}
