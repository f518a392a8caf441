// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Numbers. strtoul(3) is not used: it takes signs, blanks and "-1" as 2^64-1, and each of these
 * once made a tool run as the wrong user.
 */
#include "language/number.h"

#include "base/string.h"

#include <errno.h>
#include <stdbool.h>

#define ID_MOST 4294967294u

/* The digits at the beginning of @text; the rest in @ret_rest. False where there are none or too
 * many. */
static bool digits(const char *text, uint64_t *ret, const char **ret_rest)
{
	uint64_t number = 0;
	const char *at = text;

	for (; *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*at - '0'), &number))
			return false;
	*ret = number;
	*ret_rest = at;
	return at > text;
}

int number_plain(const char *text, uint64_t least, uint64_t most, uint64_t *ret, struct error *e)
{
	const char *rest;
	uint64_t number;

	if (!digits(text, &number, &rest) || *rest || number < least || number > most)
		return error_set(e, EINVAL, "not a number from %llu to %llu",
				 (unsigned long long)least, (unsigned long long)most);
	*ret = number;
	return 0;
}

int number_id(const char *text, uint64_t *ret, struct error *e)
{
	if (number_plain(text, 0, ID_MOST, ret, NULL) < 0)
		return error_set(e, EINVAL, "not an id (a decimal number from 0 to %u)", ID_MOST);
	return 0;
}

int number_size(const char *text, uint64_t *ret, struct error *e)
{
	static const char units[] = "KMGT";
	const char *rest, *unit;
	uint64_t number;
	bool good = digits(text, &number, &rest);

	if (good && *rest) {
		unit = strchr(units, *rest);
		good = unit && !rest[1] &&
		       !__builtin_mul_overflow(number, (uint64_t)1 << (10 * (unit - units + 1)),
					       &number);
	}
	/* Beyond that, loff_t has no place. */
	if (!good || number > INT64_MAX)
		return error_set(e, EINVAL, "not a size (a number, with K, M, G or T behind it)");
	*ret = number;
	return 0;
}

int number_thousandths(const char *text, uint64_t least, uint64_t *ret, struct error *e)
{
	uint64_t whole, fraction = 0, scale = 1000;
	const char *rest;

	if (!digits(text, &whole, &rest) || whole > 10000)
		goto bad;
	if (*rest == '.') {
		if (!rest[1])
			goto bad;
		for (rest++; *rest >= '0' && *rest <= '9' && scale > 1; rest++) {
			scale /= 10;
			fraction += (uint64_t)(*rest - '0') * scale;
		}
	}
	if (*rest || whole * 1000 + fraction < least)
		goto bad;
	*ret = whole * 1000 + fraction;
	return 0;
bad:
	return error_set(e, EINVAL,
			 "not a number from %g to 10000, with up to three digits behind the point",
			 (double)least / 1000);
}

int number_duration(const char *text, uint64_t *ret, struct error *e)
{
	static const struct {
		const char *name;
		uint64_t milliseconds;
	} units[] = {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 60 * 60 * 1000}};
	uint64_t whole, fraction = 0, scale = 1, unit = 0, sum;
	const char *rest;

	if (streq(text, "none")) {
		*ret = 0;
		return 0;
	}
	if (!digits(text, &whole, &rest))
		goto bad;
	if (*rest == '.') {
		const char *begin = ++rest;

		/* Nine digits are more than a millisecond of an hour needs. */
		for (; *rest >= '0' && *rest <= '9'; rest++) {
			if (rest - begin >= 9)
				goto bad;
			fraction = fraction * 10 + (uint64_t)(*rest - '0');
			scale *= 10;
		}
		if (rest == begin)
			goto bad;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (streq(rest, units[i].name))
			unit = units[i].milliseconds;
	/* A hundred years and more would overflow what timers take. */
	if (!unit || __builtin_mul_overflow(whole, unit, &sum) || sum > INT64_MAX / 1000000)
		goto bad;
	sum += fraction * unit / scale;
	if (!sum) {
		error_set(e, EINVAL, "shorter than a millisecond");
		return error_remedy(e, "\"none\" stands for no limit");
	}
	*ret = sum;
	return 0;
bad:
	return error_set(e, EINVAL, "not a time (a number, with ms, s, m or h behind it)");
}
