// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/*
 * Which socket an address of a message bus names, as "path:/run/user/1000/bus" or "abstract:NAME",
 * to be freed; NULL where it names none of the two. Of several addresses ("unix:…;unix:…") the first
 * that does (D-Bus Specification, "Server Addresses").
 */
char *bus_address(const char *text);
