// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <sys/types.h>

/*
 * Confine the calling process, a fresh child of @parent: it keeps the open file @input, the pipe
 * @answer and, unless it is -1, the directory @top, below which it may write; no other file, no
 * network, no process, no capability. It ends with its parent.
 *
 * Return: 0, or -errno where one of these can't be had: then nothing may be read.
 */
int confine_worker(pid_t parent, int input, int top, int answer, struct error *e);

/*
 * Confine hutch-image itself: it may change the open directory @store and read the file or directory @image, run nothing
 * and talk to nobody. 0 or -errno.
 */
int confine_helper(int store, const char *image, struct error *e);
