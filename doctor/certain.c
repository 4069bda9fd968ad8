#include "doctor/certain.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
	PASSWORD_LEAST = 6, /* characters, letters and digits among them */
	ADDRESS_LEAST = 3,
	SCHEME_LEAST = 12, /* behind "Bearer": both cases and digits */
	HEX_LEAST = 32,    /* digits, in what a telling key has as its value */
	KEY_LEAST = 16,    /* characters behind what services begin their keys with */
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

bool secret_is_certain(const char *text, const struct secret *secret)
{
	const char *value = text + secret->at;
	size_t n = secret->n, sign = secret->sign ? strlen(secret->sign) : 0;
	if (is_stand_in(value, n))
		return false;
	switch (secret->kind) {
	case SECRET_PASSWORD:
		return is_mixed(value, n, PASSWORD_LEAST);
	case SECRET_VALUE:
		return is_opaque(value, n);
	case SECRET_HEADER:
		return is_credential(value, n);
	case SECRET_ADDRESS:
		return n >= ADDRESS_LEAST;
	case SECRET_PEM:
		return memmem(value, n < PEM_TITLE ? n : PEM_TITLE, "PRIVATE KEY-----", 16) != NULL;
	case SECRET_KEY: {
		struct makeup m = makeup_of(value + sign, n - sign);
		return n >= sign + KEY_LEAST && m.digits && m.upper;
	}
	case SECRET_MAIL:
		return true;
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
