// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/string.h"

/*
 * The profile of hutch that one of firejail's means (firejail-profile(5)), as far as it can be said:
 * the text is appended to @out, and what could not be taken over stands in it as comments.
 *
 * @path: the file. Profiles that it includes are looked for beside it, and nowhere else.
 *
 * Return: 0, or -errno where a file cannot be read.
 */
int firejail_import(const char *path, struct strbuf *out, struct error *e);

/* The same of @text, without any file: what it includes is among what could not be taken over. */
void firejail_import_text(const char *name, const char *text, size_t length, struct strbuf *out);
