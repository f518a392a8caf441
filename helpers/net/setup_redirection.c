// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rules of nftables (nft(8)) inside the sandbox: the SYN of a connection leaves by the tap, and
 * comes back to the transparent listener.
 *
 * libnftables is loaded here and not linked, as this runs in a child that soon ends: with its parser
 * and what it needs it would be most of the memory that the program has for as long as it lives.
 */
#include "setup_redirection.h"
#include "library.h"

#include "base/string.h"

#include <arpa/inet.h>
#include <errno.h>
#include <malloc.h>
#include <nftables/libnftables.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* What the library takes: the tables of its cache alone are six of 128 KiB. */
#define MEMORY ((size_t)1024 * 1024)

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

#define SYN_ONLY "tcp flags & (fin|syn|rst|ack) == syn"

static void redirect(struct strbuf *text, const struct layout *layout, bool tap, bool v6)
{
	char gateway[ADDRESS_TEXT], guest[ADDRESS_TEXT], dns[ADDRESS_TEXT];
	const char *ip = v6 ? "ip6" : "ip";

	address_format(v6 ? &layout->gateway6 : &layout->gateway4, gateway);
	address_format(v6 ? &layout->guest6.address : &layout->guest4.address, guest);
	address_format(v6 ? &layout->dns6 : &layout->dns4, dns);
	/* On the loopback interface the sandbox's connections to itself come by as well. */
	strbuf_printf(text, "  iifname %s " SYN_ONLY " ", tap ? SETUP_TAP : "lo");
	if (tap)
		strbuf_printf(text, "meta nfproto %s ", v6 ? "ipv6" : "ipv4");
	else
		strbuf_printf(text, "%s daddr != { %s, %s, %s } ", ip, v6 ? "::1" : "127.0.0.0/8",
			      guest, dns);
	strbuf_printf(text, v6 ? "tproxy ip6 to [%s]:%d accept\n" : "tproxy ip to %s:%d accept\n",
		      gateway, SETUP_PORT);
}

static void make_rules(struct strbuf *text, const struct layout *layout, bool tap, bool ipv6)
{
	strbuf_printf(
		text,
		"add table inet hutch\n"
		"add chain inet hutch leave { type route hook output priority mangle; }\n"
		"add chain inet hutch enter { type filter hook prerouting priority mangle; }\n");
	if (tap)
		strbuf_printf(text, "add rule inet hutch leave " SYN_ONLY " meta mark set %d\n",
			      SETUP_MARK_SYN);
	for (int v6 = 0; v6 <= (int)ipv6; v6++) {
		strbuf_printf(text, "add rule inet hutch enter");
		redirect(text, layout, tap, v6);
	}
}

/* The functions used here, by their names. */
static struct {
	__typeof__(nft_ctx_new) *new;
	__typeof__(nft_ctx_buffer_error) *buffer_error;
	__typeof__(nft_ctx_get_error_buffer) *get_error;
	__typeof__(nft_run_cmd_from_buffer) *run;
} nft;

static const struct library_function functions[] = {
	{"nft_ctx_new", &nft.new},
	{"nft_ctx_buffer_error", &nft.buffer_error},
	{"nft_ctx_get_error_buffer", &nft.get_error},
	{"nft_run_cmd_from_buffer", &nft.run},
};

/*
 * The library writes to all of its memory, some two hundred pages, each of which would be a fault; in
 * a virtual machine that is milliseconds of a processor. One call gives them all.
 */
static void take_memory(void)
{
	const uintptr_t page = 4096;
	char *memory;

	mallopt(M_MMAP_THRESHOLD, 4 * MEMORY);
	mallopt(M_TRIM_THRESHOLD, 4 * MEMORY);
	memory = malloc(MEMORY);
	if (memory)
		madvise((void *)((uintptr_t)memory & ~(page - 1)), MEMORY, MADV_POPULATE_WRITE);
	free(memory);
}

static int load(struct error *e)
{
	take_memory();
	return library_load("libnftables.so.1", functions, sizeof(functions) / sizeof(functions[0]),
			    e);
}

int setup_redirection(const struct layout *layout, bool tap, bool ipv6, struct error *e)
{
	_cleanup_strbuf_ struct strbuf text = {0};
	struct nft_ctx *context;
	int r = load(e);

	if (r < 0)
		return r;
	context = nft.new(NFT_CTX_DEFAULT);
	if (!context)
		return error_set(e, ENOMEM, "nftables: no context");
	make_rules(&text, layout, tap, ipv6);
	nft.buffer_error(context);
	if (nft.run(context, text.text) != 0) {
		const char *message = nft.get_error(context);
		size_t length = strcspn(message, "\n");

		return error_set(e, EOPNOTSUPP, "nftables: %.*s", (int)length, message);
	}
	/* The context and the library end with the process. */
	return 0;
}
