// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "terms.h"

#include <stddef.h>
#include <stdint.h>

/*
 * A capture for tcpdump and Wireshark: the tap's frames as they are, and for connections that are
 * spliced, whose packets nobody here sees, the headers of packets that would have carried the same.
 * All functions take NULL where nothing is captured.
 */
struct pcap;

/* Begin to write to @fd. */
struct pcap *pcap_new(int fd);
void pcap_delete(struct pcap *pcap);

void pcap_frame(struct pcap *pcap, const uint8_t *data, size_t length);

/* A connection has begun, moved @bytes (@up: out of the sandbox), and ended. */
void pcap_begin(struct pcap *pcap, struct relay_terms *terms);
void pcap_data(struct pcap *pcap, struct relay_terms *terms, bool up, size_t bytes);
void pcap_end(struct pcap *pcap, struct relay_terms *terms, bool reset);
