// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <stdint.h>

/*
 * Numbers as users write them. All are plain decimal: no sign, no 0x, no blanks, nothing behind
 * them. The message is the reason alone; callers put the name and the value in front.
 */

/* A user or group id: 0 to 4294967294, since 2^32-1 means "no id" to the kernel. */
int number_id(const char *text, uint64_t *ret, struct error *e);

/* A number from @least to @most. */
int number_plain(const char *text, uint64_t least, uint64_t most, uint64_t *ret, struct error *e);

/* Bytes: a number with K, M, G or T behind it, in steps of 1024. */
int number_size(const char *text, uint64_t *ret, struct error *e);

/* Thousandths of a number that may have a fraction of up to three digits; from @least thousandths
 * to 10000. */
int number_thousandths(const char *text, uint64_t least, uint64_t *ret, struct error *e);

/* Milliseconds: a number, with a fraction or without, and ms, s, m or h behind it; s where there is
 * none. "none" is 0. Anything shorter than a millisecond is an error. */
int number_duration(const char *text, uint64_t *ret, struct error *e);
