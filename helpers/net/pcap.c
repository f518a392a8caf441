// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The classic format of libpcap: a header, and each packet with its time, the bytes that are here
 * and the bytes it had. Packets of spliced connections are made up: their headers are what they
 * would be, and the data behind them is said to have been there.
 */
#include "pcap.h"

#include "frame.h"

#include "base/alloc.h"
#include "base/fd.h"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* Data that one packet is said to have carried, at most. */
#define SEGMENT 65000

#define ETHERNET 1

struct pcap {
	int fd;
};

struct file_header {
	uint32_t magic; /* with nanoseconds */
	uint16_t major, minor;
	uint32_t zone, accuracy, limit, link;
};

struct packet_header {
	uint32_t seconds, nanoseconds, here, length;
};

struct pcap *pcap_new(int fd)
{
	const struct file_header header = {
		.magic = 0xa1b23c4d,
		.major = 2,
		.minor = 4,
		.limit = FRAME_LIMIT,
		.link = ETHERNET,
	};
	struct pcap *pcap;

	if (fd < 0)
		return NULL;
	pcap = xcalloc(1, sizeof(*pcap));
	pcap->fd = fd;
	fd_write_all(fd, &header, sizeof(header));
	return pcap;
}

void pcap_delete(struct pcap *pcap)
{
	if (!pcap)
		return;
	fd_close(pcap->fd);
	free(pcap);
}

/* A full disk ends the capture and nothing else. */
static void write_packet(struct pcap *pcap, const uint8_t *data, size_t here, size_t length)
{
	struct timespec now;
	struct packet_header header;
	const struct iovec parts[] = {
		{.iov_base = &header, .iov_len = sizeof(header)},
		{.iov_base = (void *)(size_t)data, .iov_len = here},
	};

	if (pcap->fd < 0)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	header = (struct packet_header){
		.seconds = (uint32_t)now.tv_sec,
		.nanoseconds = (uint32_t)now.tv_nsec,
		.here = (uint32_t)here,
		.length = (uint32_t)length,
	};
	if (writev(pcap->fd, parts, 2) != (ssize_t)(sizeof(header) + here))
		pcap->fd = fd_close(pcap->fd);
}

void pcap_frame(struct pcap *pcap, const uint8_t *data, size_t length)
{
	if (pcap)
		write_packet(pcap, data, length, length);
}

/* One packet of a spliced connection, @up or down, that carried @bytes. */
static void write_segment(struct pcap *pcap, struct relay_terms *terms, bool up, uint8_t flags,
			  size_t bytes)
{
	const struct address *from = up ? &terms->inside : &terms->outside;
	const struct address *to = up ? &terms->outside : &terms->inside;
	bool v6 = from->family == AF_INET6;
	size_t ip = 14, tcp = ip + (v6 ? 40 : 20), end = tcp + 20;
	uint8_t data[14 + 40 + 20] = {0};
	struct tcphdr header = {
		.source = htons(up ? terms->inside_port : terms->outside_port),
		.dest = htons(up ? terms->outside_port : terms->inside_port),
		.seq = htonl(terms->sequence[!up]),
		.ack_seq = htonl(terms->sequence[up]),
		.doff = 5,
		.window = htons(65535),
	};

	header.th_flags = flags;
	data[0] = data[6] = 2; /* locally administered */
	data[5] = up;
	data[11] = !up;
	data[12] = v6 ? 0x86 : 0x08;
	data[13] = v6 ? 0xdd : 0x00;
	if (v6) {
		struct ip6_hdr packet = {.ip6_src = from->v6, .ip6_dst = to->v6};

		packet.ip6_flow = htonl(6U << 28);
		packet.ip6_plen = htons((uint16_t)(20 + bytes));
		packet.ip6_nxt = IPPROTO_TCP;
		packet.ip6_hlim = 64;
		memcpy(data + ip, &packet, sizeof(packet));
	} else {
		struct iphdr packet = {
			.version = 4,
			.ihl = 5,
			.tot_len = htons((uint16_t)(40 + bytes)),
			.frag_off = htons(IP_DF),
			.ttl = 64,
			.protocol = IPPROTO_TCP,
			.saddr = from->v4.s_addr,
			.daddr = to->v4.s_addr,
		};

		memcpy(data + ip, &packet, sizeof(packet));
	}
	memcpy(data + tcp, &header, sizeof(header));
	write_packet(pcap, data, end, end + bytes);
	terms->sequence[!up] += (uint32_t)bytes + !!(flags & (TH_SYN | TH_FIN));
}

void pcap_begin(struct pcap *pcap, struct relay_terms *terms)
{
	if (!pcap || terms->inside.family != terms->outside.family)
		return;
	write_segment(pcap, terms, true, TH_SYN, 0);
	write_segment(pcap, terms, false, TH_SYN | TH_ACK, 0);
}

void pcap_data(struct pcap *pcap, struct relay_terms *terms, bool up, size_t bytes)
{
	if (!pcap || terms->inside.family != terms->outside.family)
		return;
	while (bytes) {
		size_t part = bytes < SEGMENT ? bytes : SEGMENT;

		write_segment(pcap, terms, up, TH_ACK | TH_PUSH, part);
		bytes -= part;
	}
}

void pcap_end(struct pcap *pcap, struct relay_terms *terms, bool reset)
{
	if (!pcap || terms->inside.family != terms->outside.family)
		return;
	write_segment(pcap, terms, false, (reset ? TH_RST : TH_FIN) | TH_ACK, 0);
	if (!reset)
		write_segment(pcap, terms, true, TH_FIN | TH_ACK, 0);
}
