// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "plan/exact_request.h"

/*
 * Make the plan. What the request can make fail outside, fails here, before any namespace exists:
 * sources that are not there, descriptors that are not open, settings that exclude each other.
 * Descriptors that carry contents are read, and those that are used up are closed when the program
 * is executed.
 */
int exact_plan(const struct exact_request *request, struct plan *ret, struct error *e);
