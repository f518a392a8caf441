// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/network_text.h"

#include "base/string.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>

enum { NAME_LONGEST = 253, LABEL_LONGEST = 63 };

int network_port_parse(const char *text, uint16_t *ret, struct error *e)
{
	unsigned long number = 0;
	size_t length = strspn(text, "0123456789");

	if (length && length <= 5 && !text[length])
		number = strtoul(text, NULL, 10);
	if (!number || number > UINT16_MAX)
		return error_set(e, EINVAL, "%.40s: not a port (1 to 65535)", text);
	*ret = (uint16_t)number;
	return 0;
}

static int check_ports(char *text, struct error *e)
{
	char *last = strchr(text, '-');
	uint16_t from, to;
	int r;

	if (last)
		*last++ = '\0';
	r = network_port_parse(text, &from, e);
	if (r < 0 || !last)
		return r;
	r = network_port_parse(last, &to, e);
	if (r == 0 && to < from)
		return error_set(e, EINVAL, "the range of ports ends before it begins");
	return r;
}

static int check_name(const char *text, struct error *e)
{
	static const char *const allowed =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	const char *name = startswith(text, "*."), *at = name ? name : text;
	size_t length = strlen(at);

	/* One dot may end it, which says that it is complete. */
	if (length > 1 && at[length - 1] == '.')
		length--;
	if (!length || length > NAME_LONGEST)
		return error_set(e, EINVAL, "not a name of 1 to %d characters", NAME_LONGEST);
	for (const char *end = at + length; at < end;) {
		size_t label = strspn(at, allowed);

		if (!label || label > LABEL_LONGEST || at[0] == '-' || at[label - 1] == '-' ||
		    (at + label < end && at[label] != '.') || at + label + 1 == end)
			return error_set(e, EINVAL,
					 "not a host's name (letters, digits and - between dots; "
					 "others in the form that begins with xn--)");
		at += label + 1;
	}
	return 0;
}

/* ADDRESS/BITS or ADDRESS. 1 where it is no address at all. */
static int check_network(const char *text, struct error *e)
{
	_cleanup_free_ char *address = xstrdup(text);
	char *bits = strchr(address, '/');
	unsigned char binary[16];
	unsigned long most, given;
	bool six = strchr(address, ':') != NULL;

	if (bits)
		*bits++ = '\0';
	if (inet_pton(six ? AF_INET6 : AF_INET, address, binary) != 1) {
		/* 010.1, 0x7f.1 and 2130706433 are addresses to some programs, and names to none.
		 */
		bool number = six || bits ||
			      address[strspn(address, "0123456789.xXabcdefABCDEF")] == '\0';
		const char *last = strrchr(address, '.');

		last = last ? last + 1 : address;
		if (!number || (!six && !bits && !(*last >= '0' && *last <= '9')))
			return 1;
		return error_set(e, EINVAL, "%.60s: not an address", address);
	}
	if (!bits)
		return 0;
	most = six ? 128 : 32;
	given = strtoul(bits, NULL, 10);
	if (!*bits || bits[strspn(bits, "0123456789")] || strlen(bits) > 3 || given > most)
		return error_set(e, EINVAL, "/%.20s: not 0 to %lu bits", bits, most);
	for (unsigned long bit = given; bit < most; bit++)
		if (binary[bit / 8] & (0x80 >> bit % 8))
			return error_set(e, EINVAL, "the address has bits set behind the first %lu",
					 given);
	return 0;
}

/* 1 for a name. */
static int check_host(const char *host, struct error *e)
{
	int r;

	if (streq(host, "*"))
		return 0;
	r = check_network(host, e);
	if (r > 0)
		r = check_name(host, e) < 0 ? -EINVAL : 1;
	return r;
}

/* Take "+tls=…" off the end; 1 where it was there, 0 where not. */
static int cut_tls(char *text, struct error *e)
{
	char *plus = strchr(text, '+');

	if (!plus)
		return 0;
	if (!streq(plus, "+tls=any") && !streq(plus, "+tls=ech"))
		return error_set(e, EINVAL, "%.40s: neither +tls=any nor +tls=ech", plus);
	*plus = '\0';
	return 1;
}

int network_rule_check(const char *rule, struct error *e)
{
	static const char *const protocols[] = {"tcp:", "udp:", "icmp:"};
	_cleanup_free_ char *copy = xstrdup(rule);
	char *host = copy, *ports = NULL, *end;
	int protocol = -1, tls = cut_tls(copy, e);

	if (tls < 0)
		return tls;

	for (int i = 0; i < 3; i++)
		if (startswith(host, protocols[i]))
			protocol = i;
	if (protocol >= 0)
		host += strlen(protocols[protocol]);
	if (tls && protocol > 0)
		return error_set(e, EINVAL, "+tls is for TCP");
	if (*host == '[') {
		end = strchr(++host, ']');
		if (!end || (end[1] && end[1] != ':'))
			return error_set(e, EINVAL, "the form is [ADDRESS]:PORT");
		ports = end[1] ? end + 2 : NULL;
		*end = '\0';
		if (!strchr(host, ':'))
			return error_set(e, EINVAL, "brackets are for addresses of IPv6");
	} else {
		end = strchr(host, ':');
		/* More than one colon: an address of IPv6, without a port. */
		if (end && !strchr(end + 1, ':')) {
			*end = '\0';
			ports = end + 1;
		}
	}
	if (ports && protocol == 2)
		return error_set(e, EINVAL, "icmp has no ports");
	if (ports && check_ports(ports, e) < 0)
		return -EINVAL;
	return check_host(host, e);
}

int network_address_check(const char *text, struct error *e)
{
	unsigned char binary[16];

	if (inet_pton(AF_INET, text, binary) == 1 || inet_pton(AF_INET6, text, binary) == 1)
		return 0;
	return error_set(e, EINVAL, "not an address of IPv4 or IPv6");
}

static int set_address(struct published *p, const char *address, uint16_t port, struct error *e)
{
	struct sockaddr_in *four = (struct sockaddr_in *)&p->address;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&p->address;

	if (inet_pton(AF_INET6, address, &six->sin6_addr) == 1) {
		six->sin6_family = AF_INET6;
		six->sin6_port = htons(port);
		p->length = sizeof(*six);
		return 0;
	}
	if (inet_pton(AF_INET, address, &four->sin_addr) != 1)
		return error_set(e, EINVAL, "%.60s: not an address", address);
	four->sin_family = AF_INET;
	four->sin_port = htons(port);
	p->length = sizeof(*four);
	return 0;
}

int network_publish_parse(const char *text, struct published *ret, struct error *e)
{
	_cleanup_free_ char *copy = xstrdup(text);
	char *slash = strrchr(copy, '/'), *rest = copy, *address = NULL, *outer, *inner;
	struct published p = {0};
	uint16_t port = 0;
	int r;

	if (slash) {
		*slash++ = '\0';
		p.udp = streq(slash, "udp");
		if (!p.udp && !streq(slash, "tcp"))
			return error_set(e, EINVAL, "/%.20s: neither /tcp nor /udp", slash);
	}
	if (*rest == '[') {
		address = rest + 1;
		rest = strstr(rest, "]:");
		if (!rest)
			return error_set(e, EINVAL, "the form is [ADDRESS]:PORT[:PORT]");
		*rest = '\0';
		rest += 2;
	} else if (strchr(rest, '.')) {
		address = rest;
		rest = strchr(rest, ':');
		if (!rest)
			return error_set(e, EINVAL, "no port behind the address");
		*rest++ = '\0';
	}
	outer = rest;
	inner = strchr(rest, ':');
	if (inner)
		*inner++ = '\0';
	r = network_port_parse(outer, &port, e);
	if (r == 0)
		r = network_port_parse(inner ? inner : outer, &p.inside, e);
	if (r == 0)
		r = set_address(&p, address ? address : "127.0.0.1", port, e);
	if (r == 0)
		*ret = p;
	return r;
}
