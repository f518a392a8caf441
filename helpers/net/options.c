// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The command line: one table, from which parsing and --help come. The launcher writes it and people
 * may (--target), so every value is checked here, and the message names option, value and reason.
 */
#include "options.h"

#include "base/string.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct option_row {
	const char *name, *argument, *help;
	int (*apply)(struct options *options, const char *value, struct error *e);
	bool target; /* meant for use without the launcher */
};

static int number(const char *text, uint64_t least, uint64_t most, uint64_t *ret, struct error *e)
{
	char *end = NULL;
	unsigned long long value;

	errno = 0;
	value = *text >= '0' && *text <= '9' ? strtoull(text, &end, 10) : 0;
	if (!end || *end || errno)
		return error_set(e, EINVAL, "not a number");
	if (value < least || value > most)
		return error_set(e, EINVAL, "not from %llu to %llu", (unsigned long long)least,
				 (unsigned long long)most);
	*ret = value;
	return 0;
}

static int descriptor(const char *text, int *ret, struct error *e)
{
	uint64_t value;
	int r = number(text, 3, INT_MAX, &value, e);

	if (r == 0)
		*ret = (int)value;
	return r;
}

static int apply_target(struct options *options, const char *value, struct error *e)
{
	uint64_t pid;
	int r = number(value, 1, INT_MAX, &pid, e);

	if (r == 0)
		options->target = (pid_t)pid;
	return r;
}

static int apply_control(struct options *options, const char *value, struct error *e)
{
	return descriptor(value, &options->control, e);
}

static int apply_ready(struct options *options, const char *value, struct error *e)
{
	return descriptor(value, &options->ready, e);
}

static int apply_pcap(struct options *options, const char *value, struct error *e)
{
	return descriptor(value, &options->pcap, e);
}

static int apply_net(struct options *options, const char *value, struct error *e)
{
	if (streq(value, "none"))
		options->policy.mode = POLICY_NONE;
	else if (streq(value, "internet"))
		options->policy.mode = POLICY_INTERNET;
	else if (streq(value, "lan"))
		options->policy.mode = POLICY_LAN;
	else
		return error_set(e, EINVAL, "not one of none, internet and lan");
	return 0;
}

static int apply_allow(struct options *options, const char *value, struct error *e)
{
	/* An empty list is a list: nothing is on it. */
	if (!*value) {
		options->policy.listed = true;
		return 0;
	}
	return policy_add(&options->policy, POLICY_ALLOW, value, e);
}

static int apply_deny(struct options *options, const char *value, struct error *e)
{
	return policy_add(&options->policy, POLICY_DENY, value, e);
}

static int port(const char *text, size_t length, uint16_t *ret, struct error *e)
{
	char copy[8];
	uint64_t value;
	int r;

	if (length >= sizeof(copy))
		return error_set(e, EINVAL, "not a port");
	memcpy(copy, text, length);
	copy[length] = '\0';
	r = number(copy, 1, 65535, &value, e);
	if (r < 0)
		return error_wrap(e, "port \"%s\"", copy);
	*ret = (uint16_t)value;
	return 0;
}

/* The address in front of the ports, in brackets where it is IPv6; @text moves behind it. */
static int host_address(const char **text, struct address *ret, struct error *e)
{
	const char *end = **text == '[' ? strstr(*text, "]:") : strchr(*text, ':');
	char copy[ADDRESS_TEXT];
	size_t length;
	bool brackets = **text == '[';

	*ret = (struct address){.family = AF_INET, .v4.s_addr = htonl(INADDR_LOOPBACK)};
	/* PORT and PORT:PORT have no address; IP:PORT has a dot in front of the colon. */
	if (!end || (!brackets && !memchr(*text, '.', (size_t)(end - *text))))
		return 0;
	length = (size_t)(end - *text) - brackets;
	if (length >= sizeof(copy))
		return error_set(e, EINVAL, "not an address");
	memcpy(copy, *text + brackets, length);
	copy[length] = '\0';
	if (!address_parse(copy, ret))
		return error_set(e, EINVAL, "\"%s\" is not an address", copy);
	*text = end + 1 + brackets;
	return 0;
}

static int apply_publish(struct options *options, const char *value, struct error *e)
{
	struct publication new = {.text = value};
	const char *rest = value, *colon;
	size_t length;
	int r;

	if (options->publication_count == OPTIONS_PUBLISHED)
		return error_set(e, E2BIG, "more than %d", OPTIONS_PUBLISHED);
	r = host_address(&rest, &new.address, e);
	if (r < 0)
		return r;
	length = strcspn(rest, "/");
	if (rest[length]) {
		new.udp = streq(rest + length, "/udp");
		if (!new.udp && !streq(rest + length, "/tcp"))
			return error_set(e, EINVAL, "\"%s\" is neither /tcp nor /udp",
					 rest + length);
	}
	colon = memchr(rest, ':', length);
	r = port(rest, colon ? (size_t)(colon - rest) : length, &new.host_port, e);
	if (r < 0)
		return error_remedy(e, "[IP:]PORT[:PORT][/udp], as in 8080:80");
	new.port = new.host_port;
	if (colon) {
		r = port(colon + 1, length - (size_t)(colon + 1 - rest), &new.port, e);
		if (r < 0)
			return r;
	}
	options->publications[options->publication_count++] = new;
	options->layout.publishes = true;
	return 0;
}

static int apply_host_port(struct options *options, const char *value, struct error *e)
{
	struct layout *layout = &options->layout;
	uint16_t new;
	int r = port(value, strlen(value), &new, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < layout->host_port_count; i++)
		if (layout->host_ports[i] == new)
			return 0;
	if (layout->host_port_count == SETUP_PORTS)
		return error_set(e, E2BIG, "more than %d", SETUP_PORTS);
	layout->host_ports[layout->host_port_count++] = new;
	return 0;
}

static int apply_dns(struct options *options, const char *value, struct error *e)
{
	struct name_servers *servers = &options->resolvers;

	if (servers->count == NAME_SERVERS)
		return error_set(e, E2BIG, "more than %d", NAME_SERVERS);
	if (!name_server_parse(value, &servers->items[servers->count]))
		return error_set(e, EINVAL, "not ADDRESS or ADDRESS:PORT");
	servers->count++;
	return 0;
}

/* Bytes a second, with K, M or G in steps of 1024. */
static int rate(const char *text, uint64_t *ret, struct error *e)
{
	static const char units[] = "KMG";
	char *end = NULL;
	unsigned long long value;
	const char *unit;
	unsigned int shift = 0;

	errno = 0;
	value = *text >= '0' && *text <= '9' ? strtoull(text, &end, 10) : 0;
	if (!end || errno)
		return error_set(e, EINVAL, "not a number of bytes");
	unit = *end ? strchr(units, *end) : NULL;
	if (*end && (!unit || end[1]))
		return error_set(e, EINVAL, "\"%s\" is none of K, M and G", end);
	if (unit)
		shift = 10 * (unsigned)(unit - units + 1);
	if (!value || value > UINT64_C(1) << (40 - shift))
		return error_set(e, EINVAL, "not from 1 to 1024G");
	*ret = (uint64_t)value << shift;
	return 0;
}

static int apply_up(struct options *options, const char *value, struct error *e)
{
	return rate(value, &options->up, e);
}

static int apply_down(struct options *options, const char *value, struct error *e)
{
	return rate(value, &options->down, e);
}

/*
 * The sandbox's address and its network; gateway and resolver are numbers 2 and 3 of that. @bits is
 * the width of an address.
 */
static int guest(const char *value, sa_family_t family, unsigned bits, unsigned most,
		 struct network *ret, struct address *gateway, struct address *dns, struct error *e)
{
	const char *slash = strchr(value, '/');
	char copy[ADDRESS_TEXT];
	struct network new;
	uint64_t length;
	size_t last = bits / 8 - 1;

	if (!slash || (size_t)(slash - value) >= sizeof(copy) ||
	    number(slash + 1, 8, most, &length, e) < 0)
		return error_set(e, EINVAL, "not ADDRESS/BITS with 8 to %u bits", most);
	memcpy(copy, value, (size_t)(slash - value));
	copy[slash - value] = '\0';
	if (!address_parse(copy, &new.address) || new.address.family != family)
		return error_set(e, EINVAL, "\"%s\" is not an address of IPv%c", copy,
				 family == AF_INET ? '4' : '6');
	new.bits = (unsigned)length;
	*gateway = new.address;
	for (unsigned bit = new.bits; bit < bits; bit++)
		gateway->bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	*dns = *gateway;
	gateway->bytes[last] |= 2;
	dns->bytes[last] |= 3;
	if (address_equal(gateway, &new.address) || address_equal(dns, &new.address))
		return error_set(e, EINVAL,
				 "numbers 2 and 3 of a network are its gateway's and "
				 "its resolver's");
	*ret = new;
	return 0;
}

static int apply_address4(struct options *options, const char *value, struct error *e)
{
	struct layout *layout = &options->layout;

	return guest(value, AF_INET, 32, 29, &layout->guest4, &layout->gateway4, &layout->dns4, e);
}

static int apply_address6(struct options *options, const char *value, struct error *e)
{
	struct layout *layout = &options->layout;

	return guest(value, AF_INET6, 128, 124, &layout->guest6, &layout->gateway6, &layout->dns6,
		     e);
}

static int apply_mtu(struct options *options, const char *value, struct error *e)
{
	uint64_t mtu;
	int r = number(value, 1280, 65520, &mtu, e);

	if (r == 0)
		options->layout.mtu = (unsigned)mtu;
	return r;
}

static int apply_without(struct options *options, const char *value, struct error *e)
{
	if (streq(value, "tap"))
		options->layout.want_tap = false;
	else if (streq(value, "redirection"))
		options->layout.want_redirection = false;
	else
		return error_set(e, EINVAL, "neither tap nor redirection");
	return 0;
}

static const struct option_row rows[] = {
	{"target", "PID", "the network namespace of that process", apply_target, true},
	{"control-fd", "N", "the launcher's socket, by which the namespaces come", apply_control},
	{"ready-fd", "N", "write one byte there when the network is up", apply_ready, true},
	{"net", "MODE", "what may be reached: none, internet, lan", apply_net, true},
	{"allow", "RULE", "only what a rule allows may be reached", apply_allow, true},
	{"deny", "RULE", "what may not be reached", apply_deny, true},
	{"publish", "[IP:]PORT[:PORT][/udp]", "a port of the host that leads inside", apply_publish,
	 true},
	{"host-port", "PORT", "localhost:PORT inside is that of the host", apply_host_port, true},
	{"dns", "ADDRESS[:PORT]", "ask this resolver instead of the host's", apply_dns, true},
	{"limit-up", "RATE", "bytes a second out of the sandbox", apply_up, true},
	{"limit-down", "RATE", "bytes a second into the sandbox", apply_down, true},
	{"pcap-fd", "N", "write a capture of packets there", apply_pcap, true},
	{"address4", "ADDRESS/BITS", "the sandbox's address", apply_address4, true},
	{"address6", "ADDRESS/BITS", "the sandbox's IPv6 address", apply_address6, true},
	{"mtu", "BYTES", "the largest packet of the tap", apply_mtu, true},
	{"without", "tap|redirection", "as on a host that has none", apply_without, true},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void print_help(void)
{
	printf("usage: hutch-net --target PID [options]\n\n"
	       "Gives the network namespace of a process a network, without privileges.\n\n");
	for (size_t i = 0; i < ROWS; i++) {
		_cleanup_free_ char *left = xasprintf("--%s %s", rows[i].name, rows[i].argument);

		if (rows[i].target)
			printf("  %-34s %s\n", left, rows[i].help);
	}
	printf("  %-34s %s\n  %-34s %s\n", "--help", "this text", "--version", "the version");
}

static int defaults(struct options *options, struct error *e)
{
	int r;

	*options = (struct options){.control = -1, .ready = -1, .pcap = -1};
	options->policy.mode = POLICY_INTERNET;
	options->layout.mtu = 65520;
	options->layout.want_tap = options->layout.want_redirection = true;
	r = apply_address4(options, "10.0.2.100/24", e);
	return r < 0 ? r : apply_address6(options, "fd00::100/64", e);
}

static int check(const struct options *options, struct error *e)
{
	if (!options->target && options->control < 0) {
		error_set(e, EINVAL, "neither --target nor --control-fd was given");
		return error_remedy(e, "hutch-net --target PID");
	}
	return 0;
}

int options_parse(int argc, char **argv, struct options *ret, struct error *e)
{
	struct option longs[ROWS + 3] = {0};
	int r = defaults(ret, e), index;

	for (size_t i = 0; i < ROWS; i++)
		longs[i] = (struct option){rows[i].name, required_argument, NULL, (int)i};
	longs[ROWS] = (struct option){"help", no_argument, NULL, (int)ROWS};
	longs[ROWS + 1] = (struct option){"version", no_argument, NULL, (int)ROWS + 1};
	opterr = 0;
	while (r >= 0 && (index = getopt_long(argc, argv, "", longs, NULL)) >= 0) {
		if (index == '?')
			return error_set(e, EINVAL, "%s: unknown option, or its value is missing",
					 argv[optind - 1]);
		if (index >= (int)ROWS) {
			if (index == (int)ROWS)
				print_help();
			else
				printf("hutch-net %s\n", HUTCH_VERSION);
			return 1;
		}
		r = rows[index].apply(ret, optarg, e);
		if (r < 0)
			return error_wrap(e, "--%s %s", rows[index].name, optarg);
	}
	if (r >= 0 && optind < argc)
		return error_set(e, EINVAL, "%s: not an option", argv[optind]);
	return r < 0 ? r : check(ret, e);
}
