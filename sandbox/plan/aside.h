// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/plan.h"
#include "plan/host.h"
#include "plan/request.h"
#include "plan/rules.h"

/*
 * Files in the sandbox of a session through which a shell shows in its prompt where one is. bash
 * reads the one it is given by --rcfile, zsh those in $ZDOTDIR, and both then read the user's own.
 */
#define ASIDE_DIRECTORY "/run/hutch"
#define ASIDE_BASHRC    ASIDE_DIRECTORY "/bashrc"
#define ASIDE_ZDOTDIR   ASIDE_DIRECTORY "/zsh"

/*
 * In a throwaway session (request->session), turn the overlays among @rules into such that keep
 * what is written in the session's directory, one for each real mount, and hide that directory.
 * What cannot be a lower layer stays read-only, with a remark in @plan. Without a session it does
 * nothing.
 */
int aside_plan(const struct request *request, const struct host *host, struct rules *rules,
	       struct plan *plan, struct error *e);
