// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

struct net;

/* Do what the launcher asks for in @packet (control.h); what is not understood is passed over. */
void orders_take(struct net *net, const char *packet);
