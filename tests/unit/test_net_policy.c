// SPDX-License-Identifier: GPL-2.0-or-later
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "policy.h"

#include "base/string.h"

#include <errno.h>
#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct address an_address(const char *text)
{
	struct address address;

	if (!address_parse(text, &address))
		fail_msg("%s is no address", text);
	return address;
}

/* A host with one public, one private address and their networks' broadcast address. */
static void give_own(struct policy *policy)
{
	static const char *const own[] = {"198.51.100.7", "192.168.7.7", "2001:db8:7::7",
					  "127.0.0.1",    "::1",         "192.168.7.255"};

	policy->own.items = xcalloc(COUNT(own), sizeof(struct address));
	policy->own.broadcast = xcalloc(COUNT(own), sizeof(bool));
	policy->own.count = COUNT(own);
	for (size_t i = 0; i < COUNT(own); i++)
		policy->own.items[i] = an_address(own[i]);
	policy->own.broadcast[COUNT(own) - 1] = true;
}

/* "allow X deny Y …", separated by blanks; "list" alone is an empty list. */
static struct policy a_policy(enum policy_mode mode, const char *rules)
{
	struct policy policy = {.mode = mode};
	_cleanup_free_ char *copy = xstrdup(rules);
	char *rest, *verb = strtok_r(copy, " ", &rest);
	struct error e = {0};

	give_own(&policy);
	for (; verb; verb = strtok_r(NULL, " ", &rest)) {
		if (streq(verb, "list")) {
			policy.listed = true;
			continue;
		}
		if (policy_add(&policy, streq(verb, "allow") ? POLICY_ALLOW : POLICY_DENY,
			       strtok_r(NULL, " ", &rest), &e) < 0)
			fail_msg("%s", e.text);
	}
	return policy;
}

struct reach {
	enum policy_mode mode;
	const char *rules;
	const char *name;    /* or NULL */
	const char *to;      /* PROTOCOL ADDRESS PORT, address "-" for a name without one */
	const char *because; /* NULL: allowed; else in the reason */
	const char *option;  /* NULL, or what would allow it */
};

static void check_reach(const struct reach *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct reach *c = &cases[i];
		struct policy policy = a_policy(c->mode, c->rules);
		struct policy_question question = {.name = c->name};
		struct policy_decision decision;
		char protocol[8], text[64];
		unsigned int port;
		struct address address;

		assert_int_equal(sscanf(c->to, "%7s %63s %u", protocol, text, &port), 3);
		question.protocol = streq(protocol, "tcp")   ? POLICY_TCP
				    : streq(protocol, "udp") ? POLICY_UDP
							     : POLICY_ICMP;
		question.port = (uint16_t)port;
		if (!streq(text, "-")) {
			address = an_address(text);
			question.address = &address;
		}
		policy_decide(&policy, &question, &decision);
		if (decision.allowed != !c->because ||
		    (c->because && !strstr(decision.reason, c->because)) ||
		    (c->option && !streq(decision.option, c->option)))
			fail_msg("%zu: [%s] %s %s: %s, %s, %s", i, c->rules, c->name ? c->name : "",
				 c->to, decision.allowed ? "allowed" : "refused", decision.reason,
				 decision.option);
		policy_free(&policy);
	}
}

static void internet_is_public_addresses_only(void **state)
{
	static const struct reach cases[] = {
		{POLICY_INTERNET, "", NULL, "tcp 203.0.113.10 443"},
		{POLICY_INTERNET, "", NULL, "udp 203.0.113.10 53"},
		{POLICY_INTERNET, "", NULL, "icmp 203.0.113.10 0"},
		{POLICY_INTERNET, "", NULL, "tcp 2001:db8::10 443"},
		{POLICY_INTERNET, "", NULL, "tcp 2606:4700::1111 443"},
		{POLICY_INTERNET, "", NULL, "tcp 127.0.0.1 8080", "loopback", "--host-port 8080"},
		{POLICY_INTERNET, "", NULL, "tcp 127.255.255.254 80", "loopback"},
		{POLICY_INTERNET, "", NULL, "udp 127.0.0.53 53", "loopback"},
		{POLICY_INTERNET, "", NULL, "icmp 127.0.0.1 0", "loopback", ""},
		{POLICY_INTERNET, "", NULL, "tcp ::1 80", "loopback"},
		{POLICY_INTERNET, "", NULL, "tcp 0.0.0.0 80", "unspecified", ""},
		{POLICY_INTERNET, "", NULL, "tcp 0.1.2.3 80", "unspecified"},
		{POLICY_INTERNET, "", NULL, "tcp :: 80", "unspecified"},
		{POLICY_INTERNET, "", NULL, "tcp 10.0.0.1 80", "private", "--net lan"},
		{POLICY_INTERNET, "", NULL, "tcp 172.16.0.1 80", "private"},
		{POLICY_INTERNET, "", NULL, "tcp 172.31.255.255 80", "private"},
		{POLICY_INTERNET, "", NULL, "tcp 172.32.0.1 80"},
		{POLICY_INTERNET, "", NULL, "tcp 192.168.0.1 80", "private"},
		{POLICY_INTERNET, "", NULL, "tcp 100.64.0.1 80", "private"},
		{POLICY_INTERNET, "", NULL, "tcp 100.127.255.255 80", "private"},
		{POLICY_INTERNET, "", NULL, "tcp 100.128.0.1 80"},
		{POLICY_INTERNET, "", NULL, "tcp fd12:3456::1 80", "private"},
		{POLICY_INTERNET, "", NULL, "tcp fc00::1 80", "private"},
		{POLICY_INTERNET, "", NULL, "tcp fec0::1 80", "private"},
		{POLICY_INTERNET, "", NULL, "tcp 169.254.1.1 80", "link-local"},
		{POLICY_INTERNET, "", NULL, "tcp fe80::1 80", "link-local"},
		{POLICY_INTERNET, "", NULL, "tcp 169.254.169.254 80", "metadata",
		 "--allow 169.254.169.254:80"},
		{POLICY_INTERNET, "", NULL, "tcp fd00:ec2::254 80", "metadata",
		 "--allow [fd00:ec2::254]:80"},
		{POLICY_INTERNET, "", NULL, "tcp 168.63.129.16 80", "metadata"},
		{POLICY_INTERNET, "", NULL, "tcp 100.100.100.200 80", "metadata"},
		{POLICY_INTERNET, "", NULL, "udp 224.0.0.251 5353", "multicast", ""},
		{POLICY_INTERNET, "", NULL, "udp ff02::fb 5353", "multicast"},
		{POLICY_INTERNET, "", NULL, "udp 255.255.255.255 67", "broadcast"},
		{POLICY_INTERNET, "", NULL, "udp 192.168.7.255 67", "broadcast"},
		{POLICY_INTERNET, "", NULL, "tcp 198.18.0.1 80", "reserved"},
		{POLICY_INTERNET, "", NULL, "tcp 240.0.0.1 80", "reserved"},
		{POLICY_INTERNET, "", NULL, "tcp 192.0.0.8 80", "reserved"},
		{POLICY_INTERNET, "", NULL, "tcp fd00:6875:7463:6800::5 80", "reserved"},
		{POLICY_INTERNET, "", NULL, "tcp 198.51.100.7 22", "host's own",
		 "--allow 198.51.100.7:22"},
		{POLICY_INTERNET, "", NULL, "tcp 2001:db8:7::7 22", "host's own"},
		{POLICY_INTERNET, "", NULL, "icmp 198.51.100.7 0", "host's own"},
		{POLICY_NONE, "", NULL, "tcp 203.0.113.10 443", "--net none", "--net internet"},
		{POLICY_NONE, "allow 203.0.113.10", NULL, "tcp 203.0.113.10 443", "--net none"},
	};

	check_reach(cases, COUNT(cases));
}

/* The same places in the notations that carry an IPv4 address inside an IPv6 one. */
static void embedded_addresses_are_what_is_inside(void **state)
{
	static const struct reach cases[] = {
		{POLICY_INTERNET, "", NULL, "tcp ::ffff:127.0.0.1 80", "loopback"},
		{POLICY_INTERNET, "", NULL, "tcp ::ffff:7f00:1 80", "loopback"},
		{POLICY_INTERNET, "", NULL, "tcp ::ffff:10.1.2.3 80", "private"},
		{POLICY_INTERNET, "", NULL, "tcp ::ffff:169.254.169.254 80", "metadata"},
		{POLICY_INTERNET, "", NULL, "tcp ::ffff:0.0.0.0 80", "unspecified"},
		{POLICY_INTERNET, "", NULL, "tcp ::ffff:198.51.100.7 80", "host's own"},
		{POLICY_INTERNET, "", NULL, "tcp ::ffff:0:127.0.0.1 80", "loopback"},
		{POLICY_INTERNET, "", NULL, "tcp ::127.0.0.1 80", "loopback"},
		{POLICY_INTERNET, "", NULL, "tcp ::10.0.0.1 80", "private"},
		{POLICY_INTERNET, "", NULL, "tcp 2002:7f00:1::1 80", "loopback"},
		{POLICY_INTERNET, "", NULL, "tcp 2002:a00:1::1 80", "private"},
		{POLICY_INTERNET, "", NULL, "tcp 2002:a9fe:a9fe:: 80", "metadata"},
		{POLICY_INTERNET, "", NULL, "tcp 2002:cb00:710a::1 80"},
		{POLICY_INTERNET, "", NULL, "tcp 64:ff9b::127.0.0.1 80", "loopback"},
		{POLICY_INTERNET, "", NULL, "tcp 64:ff9b::192.168.1.1 80", "private"},
		{POLICY_INTERNET, "", NULL, "tcp 64:ff9b::169.254.169.254 80", "metadata"},
		{POLICY_INTERNET, "", NULL, "tcp 64:ff9b::203.0.113.10 80"},
		{POLICY_INTERNET, "", NULL, "tcp 64:ff9b:1::7f00:1 80", "reserved"},
		/* Teredo: the server is 10.0.0.1; the client, inverted, is 127.0.0.1. */
		{POLICY_INTERNET, "", NULL, "tcp 2001:0:a00:1:: 80", "private"},
		{POLICY_INTERNET, "", NULL, "tcp 2001:0:cb00:710a:0:0:80ff:fffe 80", "loopback"},
		{POLICY_INTERNET, "", NULL, "tcp 2600::5efe:10.0.0.1 80", "private"},
		{POLICY_INTERNET, "", NULL, "tcp 2600::200:5efe:127.0.0.1 80", "loopback"},
		{POLICY_INTERNET, "deny 203.0.113.0/24", NULL, "tcp ::ffff:203.0.113.10 80",
		 "--deny 203.0.113.0/24"},
		{POLICY_INTERNET, "deny 203.0.113.0/24", NULL, "tcp 64:ff9b::203.0.113.10 80",
		 "--deny"},
		{POLICY_INTERNET, "deny 203.0.113.0/24", NULL, "tcp 2002:cb00:710a::1 80",
		 "--deny"},
		{POLICY_INTERNET, "allow 203.0.113.10", NULL, "tcp ::ffff:203.0.113.10 80"},
		{POLICY_INTERNET, "allow 203.0.113.10", NULL, "tcp 64:ff9b::203.0.113.10 80",
		 "not on the list"},
		{POLICY_LAN, "", NULL, "tcp 2002:7f00:1::1 80", "loopback"},
	};

	check_reach(cases, COUNT(cases));
}

static void lan_adds_private_addresses_and_nothing_else(void **state)
{
	static const struct reach cases[] = {
		{POLICY_LAN, "", NULL, "tcp 10.0.0.1 80"},
		{POLICY_LAN, "", NULL, "tcp 192.168.0.1 80"},
		{POLICY_LAN, "", NULL, "tcp fd12::1 80"},
		{POLICY_LAN, "", NULL, "tcp 203.0.113.10 80"},
		{POLICY_LAN, "", NULL, "tcp 127.0.0.1 80", "loopback"},
		{POLICY_LAN, "", NULL, "tcp 192.168.7.7 80", "host's own"},
		{POLICY_LAN, "", NULL, "udp 192.168.7.255 80", "broadcast"},
		{POLICY_LAN, "", NULL, "tcp 169.254.169.254 80", "metadata"},
		{POLICY_LAN, "", NULL, "tcp 169.254.0.5 80", "link-local"},
		{POLICY_LAN, "", NULL, "tcp fd00:ec2::254 80", "metadata"},
		{POLICY_LAN, "", NULL, "udp 239.255.255.250 1900", "multicast"},
		{POLICY_LAN, "", NULL, "tcp 0.0.0.0 80", "unspecified"},
	};

	check_reach(cases, COUNT(cases));
}

static void a_list_is_all_there_is(void **state)
{
	static const struct reach cases[] = {
		{POLICY_INTERNET, "list", NULL, "tcp 203.0.113.10 443", "not on the list",
		 "--allow 203.0.113.10:443"},
		{POLICY_INTERNET, "list", "example.org", "tcp - 443", "not on the list",
		 "--allow example.org:443"},
		{POLICY_INTERNET, "list", NULL, "icmp 203.0.113.10 0", "not on the list",
		 "--allow icmp:203.0.113.10"},
		{POLICY_INTERNET, "allow 203.0.113.10:443", NULL, "tcp 203.0.113.10 443"},
		{POLICY_INTERNET, "allow 203.0.113.10:443", NULL, "tcp 203.0.113.10 80", "list"},
		{POLICY_INTERNET, "allow 203.0.113.10:443", NULL, "udp 203.0.113.10 443", "list",
		 "--allow udp:203.0.113.10:443"},
		{POLICY_INTERNET, "allow 203.0.113.10:443", NULL, "tcp 203.0.113.11 443", "list"},
		{POLICY_INTERNET, "allow 203.0.113.0/24", NULL, "tcp 203.0.113.255 9"},
		{POLICY_INTERNET, "allow 203.0.113.0/25", NULL, "tcp 203.0.113.128 9", "list"},
		{POLICY_INTERNET, "allow udp:203.0.113.10:53", NULL, "udp 203.0.113.10 53"},
		{POLICY_INTERNET, "allow udp:203.0.113.10:53", NULL, "tcp 203.0.113.10 53", "list"},
		{POLICY_INTERNET, "allow icmp:203.0.113.10", NULL, "icmp 203.0.113.10 0"},
		{POLICY_INTERNET, "allow 203.0.113.10", NULL, "icmp 203.0.113.10 0", "list"},
		{POLICY_INTERNET, "allow [2001:db8::]/32:443", NULL, "tcp 2001:db8::10 443"},
		{POLICY_INTERNET, "allow [2001:db8::/32]:443", NULL, "tcp 2001:db8::10 80", "list",
		 "--allow [2001:db8::10]:80"},
		{POLICY_INTERNET, "allow 2001:db8::10", NULL, "tcp 2001:db8::10 80"},
		{POLICY_INTERNET, "allow 203.0.113.10:8000-8010", NULL, "tcp 203.0.113.10 8000"},
		{POLICY_INTERNET, "allow 203.0.113.10:8000-8010", NULL, "tcp 203.0.113.10 8010"},
		{POLICY_INTERNET, "allow 203.0.113.10:8000-8010", NULL, "tcp 203.0.113.10 8011",
		 "list"},
		/* An address must be granted for what it is, too. */
		{POLICY_INTERNET, "allow 10.1.2.0/24", NULL, "tcp 10.1.2.3 80"},
		{POLICY_INTERNET, "allow 0.0.0.0/0", NULL, "tcp 203.0.113.10 80"},
		{POLICY_INTERNET, "allow 0.0.0.0/0", NULL, "tcp 10.1.2.3 80", "private"},
		{POLICY_INTERNET, "allow 0.0.0.0/0", NULL, "tcp 127.0.0.1 80", "loopback"},
		{POLICY_INTERNET, "allow 0.0.0.0/0", NULL, "tcp 169.254.169.254 80", "metadata"},
		{POLICY_INTERNET, "allow 169.254.0.0/16", NULL, "tcp 169.254.169.254 80",
		 "metadata"},
		{POLICY_INTERNET, "allow 169.254.169.254:80", NULL, "tcp 169.254.169.254 80"},
		{POLICY_INTERNET, "allow 100.64.0.0/10", NULL, "tcp 100.100.100.200 80",
		 "metadata"},
		{POLICY_INTERNET, "allow 127.0.0.1", NULL, "tcp 127.0.0.1 80", "loopback",
		 "--host-port 80"},
		{POLICY_INTERNET, "allow 127.0.0.0/8", NULL, "tcp ::ffff:127.0.0.1 80", "loopback"},
		{POLICY_INTERNET, "allow 198.51.100.0/24", NULL, "tcp 198.51.100.7 22", "own"},
		{POLICY_INTERNET, "allow 198.51.100.7:22", NULL, "tcp 198.51.100.7 22"},
		{POLICY_INTERNET, "allow udp:224.0.0.251", NULL, "udp 224.0.0.251 5353",
		 "multicast"},
		{POLICY_INTERNET, "allow ::/0", NULL, "tcp ::ffff:10.0.0.1 80", "list"},
	};

	check_reach(cases, COUNT(cases));
}

static void names_are_exact_and_wildcards_are_below(void **state)
{
	static const struct reach cases[] = {
		{POLICY_INTERNET, "allow example.org", "example.org", "tcp - 443"},
		{POLICY_INTERNET, "allow example.org", "example.org", "tcp 203.0.113.10 22"},
		{POLICY_INTERNET, "allow example.org", "example.org", "udp - 443", "list",
		 "--allow udp:example.org:443"},
		{POLICY_INTERNET, "allow EXAMPLE.org.", "example.org", "tcp - 443"},
		{POLICY_INTERNET, "allow example.org:443", "example.org", "tcp - 80", "list"},
		{POLICY_INTERNET, "allow example.org", "www.example.org", "tcp - 443", "list"},
		{POLICY_INTERNET, "allow example.org", "example.org.evil.net", "tcp - 443", "list"},
		{POLICY_INTERNET, "allow example.org", "evilexample.org", "tcp - 443", "list"},
		{POLICY_INTERNET, "allow *.example.org", "example.org", "tcp - 443", "list"},
		{POLICY_INTERNET, "allow *.example.org", "a.example.org", "tcp - 443"},
		{POLICY_INTERNET, "allow *.example.org", "a.b.example.org", "tcp - 443"},
		{POLICY_INTERNET, "allow *.example.org", "aexample.org", "tcp - 443", "list"},
		{POLICY_INTERNET, "allow *.example.org", "evil-example.org", "tcp - 443", "list"},
		{POLICY_INTERNET, "allow *:443", "any.example.net", "tcp - 443"},
		{POLICY_INTERNET, "allow *:443", NULL, "tcp 203.0.113.10 443", "list"},
		/* The address of an allowed name is not itself allowed. */
		{POLICY_INTERNET, "allow example.org", NULL, "tcp 203.0.113.10 443", "list"},
		{POLICY_INTERNET, "allow 203.0.113.0/24", "example.org", "tcp 203.0.113.10 80",
		 "list"},
		/* Rebinding: where the name leads counts. */
		{POLICY_INTERNET, "allow example.org", "example.org", "tcp 127.0.0.1 80",
		 "example.org is at 127.0.0.1, a loopback address"},
		{POLICY_INTERNET, "allow example.org", "example.org", "tcp 10.0.0.1 80", "private",
		 "--allow 10.0.0.1:80"},
		{POLICY_INTERNET, "allow example.org", "example.org", "tcp 169.254.169.254 80",
		 "metadata"},
		{POLICY_INTERNET, "allow example.org", "example.org", "tcp ::ffff:10.0.0.1 80",
		 "private"},
		{POLICY_INTERNET, "allow example.org", "example.org", "tcp ::1 80", "loopback"},
		{POLICY_INTERNET, "allow example.org", "example.org", "tcp 198.51.100.7 80", "own"},
		{POLICY_INTERNET, "allow example.org", "example.org", "tcp 198.18.0.20 80",
		 "reserved"},
		{POLICY_INTERNET, "allow example.org", "example.org", "tcp 0.0.0.0 80",
		 "unspecified"},
		{POLICY_LAN, "allow nas.home", "nas.home", "tcp 192.168.1.9 80"},
		{POLICY_LAN, "allow nas.home", "nas.home", "tcp 127.0.0.1 80", "loopback"},
		{POLICY_INTERNET, "allow nas.home allow 192.168.1.9:80", "nas.home",
		 "tcp 192.168.1.9 80"},
		{POLICY_INTERNET, "allow nas.home allow 192.168.1.9:80", "nas.home",
		 "tcp 192.168.1.9 22", "private"},
	};

	check_reach(cases, COUNT(cases));
}

static void a_denial_wins_in_any_order(void **state)
{
	static const struct reach cases[] = {
		{POLICY_INTERNET, "deny 203.0.113.10", NULL, "tcp 203.0.113.10 1",
		 "--deny 203.0.113.10", "without --deny 203.0.113.10"},
		{POLICY_INTERNET, "deny 203.0.113.10", NULL, "udp 203.0.113.10 1", "--deny"},
		{POLICY_INTERNET, "deny 203.0.113.10", NULL, "icmp 203.0.113.10 0", "--deny"},
		{POLICY_INTERNET, "deny 203.0.113.10", NULL, "tcp 203.0.113.11 1"},
		{POLICY_INTERNET, "deny udp:203.0.113.10", NULL, "tcp 203.0.113.10 1"},
		{POLICY_INTERNET, "deny 0.0.0.0/0:25", NULL, "tcp 203.0.113.10 25", "--deny"},
		{POLICY_INTERNET, "deny 0.0.0.0/0:25", NULL, "udp 203.0.113.10 25", "--deny"},
		{POLICY_INTERNET, "deny 0.0.0.0/0:25", NULL, "tcp 203.0.113.10 26"},
		{POLICY_INTERNET, "allow 203.0.113.10 deny 203.0.113.0/24", NULL,
		 "tcp 203.0.113.10 1", "--deny"},
		{POLICY_INTERNET, "deny 203.0.113.0/24 allow 203.0.113.10", NULL,
		 "tcp 203.0.113.10 1", "--deny"},
		{POLICY_INTERNET, "allow *.example.org deny bad.example.org", "bad.example.org",
		 "tcp - 443", "--deny bad.example.org"},
		{POLICY_INTERNET, "allow *.example.org deny *.example.org:22", "a.example.org",
		 "tcp - 22", "--deny"},
		{POLICY_INTERNET, "allow *.example.org deny 203.0.113.10", "a.example.org",
		 "tcp 203.0.113.10 443", "--deny 203.0.113.10"},
		{POLICY_LAN, "deny 10.0.0.0/8", NULL, "tcp 10.9.9.9 80", "--deny"},
	};

	check_reach(cases, COUNT(cases));
}

static void a_rule_is_understood_or_refused(void **state)
{
	static const struct {
		const char *rule, *says; /* NULL: a good one */
	} cases[] = {
		{"example.org", NULL},
		{"*.example.org:443+tls=any", NULL},
		{"tcp:example.org:1-65535", NULL},
		{"udp:[2001:db8::1]:53", NULL},
		{"[::1]", NULL},
		{"xn--mnchen-3ya.de", NULL},
		{"1e100.net", NULL},
		{"", "neither a host name nor an address"},
		{"*", NULL},
		{":443", "neither"},
		{"example.org:", "a port is a number"},
		{"example.org:0", "a port is a number"},
		{"example.org:65536", "a port is a number"},
		{"example.org:-1", "a port is a number"},
		{"example.org:80-", "a port is a number"},
		{"example.org:80-70", "ends before it begins"},
		{"example.org:80x", "something follows the port"},
		{"example.org:80,443", "something follows the port"},
		{"example.org:+80", "only +tls=ech"},
		{"example.org+tls=none", "only +tls=ech and +tls=any"},
		{"10.0.0.0/8+tls=any", "is for TCP to names"},
		{"udp:example.org:53+tls=any", "is for TCP to names"},
		{"example.org/x", "no address"},
		{"exa mple.org", "neither"},
		{"exa\nmple.org", "exa\\nmple.org"},
		{"m\xc3\xbcnchen.de", "neither"},
		{"-a.org", "neither"},
		{"a-.org", "neither"},
		{"a..org", "neither"},
		{".org", "neither"},
		{"a_b.org", "neither"},
		{"*example.org", "neither"},
		{"a.*.org", "neither"},
		{"127.1", "neither"},
		{"2130706433", "neither"},
		{"0x7f000001", "neither"},
		{"0177.0.0.1", "neither"},
		{"1.2.3.4.5", "neither"},
		{"1.2.3.256", "neither"},
		{"10.0.0.1/8", "bits are set behind the prefix"},
		{"10.0.0.0/33", "0 to 32"},
		{"10.0.0.0/", "0 to 32"},
		{"10.0.0.0/8/8", "0 to 32"},
		{"2001:db8::/129", "0 to 128"},
		{"2001:db8::1/32", "bits are set"},
		{"[2001:db8::1", "not closed"},
		{"[2001:db8::1]x", "follows the bracket"},
		{"[2001:db8::/32]/32", "follows the bracket"},
		{"[10.0.0.1]:80", "only an IPv6 address"},
		{"[example.org]:80", "only an IPv6 address"},
		{"fe80::1%eth0", "no address"},
		{"icmp:example.org:7", "ICMP has no ports"},
		{"http://example.org", "a port is a number"},
		{"sctp:example.org", "a port is a number"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct policy policy = {0};
		struct error e = {0};
		int r = policy_add(&policy, POLICY_ALLOW, cases[i].rule, &e);

		if ((r == 0) != !cases[i].says ||
		    (cases[i].says && (!strstr(e.text, cases[i].says) || strchr(e.text, '\n'))))
			fail_msg("'%s': %d %s", cases[i].rule, r, e.text);
		assert_int_equal(policy.rules.count, r == 0);
		assert_int_equal(policy.listed, r == 0);
		policy_free(&policy);
	}
}

static void only_listed_names_are_looked_up(void **state)
{
	static const struct {
		enum policy_mode mode;
		const char *rules, *name;
		bool may;
	} cases[] = {
		{POLICY_INTERNET, "", "any.example", true},
		{POLICY_INTERNET, "list", "any.example", false},
		{POLICY_INTERNET, "allow 203.0.113.0/24", "any.example", false},
		{POLICY_INTERNET, "allow example.org:22", "example.org", true},
		{POLICY_INTERNET, "allow example.org:22", "x.example.org", false},
		{POLICY_INTERNET, "allow udp:*.example.org", "x.example.org", true},
		{POLICY_INTERNET, "deny example.org", "example.org", false},
		{POLICY_INTERNET, "deny example.org:22", "example.org", true},
		{POLICY_INTERNET, "deny *.example.org", "data.x.example.org", false},
		{POLICY_INTERNET, "allow *.example.org deny x.example.org", "x.example.org", false},
		{POLICY_NONE, "", "any.example", false},
		{POLICY_NONE, "allow example.org", "example.org", false},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct policy policy = a_policy(cases[i].mode, cases[i].rules);
		struct policy_decision decision;

		if (policy_may_resolve(&policy, cases[i].name, &decision) != cases[i].may)
			fail_msg("%zu: %s", i, cases[i].name);
		policy_free(&policy);
	}
}

static void what_is_looked_at_is_the_weakest_of_the_rules(void **state)
{
	struct policy policy =
		a_policy(POLICY_INTERNET, "allow *.example.org allow api.example.org:443+tls=any "
					  "allow web.example.org+tls=ech");
	static const struct {
		const char *name;
		uint16_t port;
		enum policy_tls tls;
	} cases[] = {
		{"x.example.org", 443, POLICY_TLS_STRICT},
		{"api.example.org", 443, POLICY_TLS_ANY},
		{"api.example.org", 8443, POLICY_TLS_STRICT},
		{"web.example.org", 443, POLICY_TLS_ECH},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct policy_question question = {
			.protocol = POLICY_TCP, .name = cases[i].name, .port = cases[i].port};
		struct policy_decision decision;

		assert_true(policy_decide(&policy, &question, &decision));
		assert_int_equal(decision.tls, cases[i].tls);
		assert_true(decision.rule >= 0);
	}
	assert_int_equal(policy.rules.items[0].hits, 4);
	policy_free(&policy);
}

static void a_running_policy_is_tightened(void **state)
{
	struct policy policy = a_policy(POLICY_INTERNET, "");
	struct address address = an_address("203.0.113.10");
	struct policy_question question = {
		.protocol = POLICY_TCP, .address = &address, .port = 443};
	struct policy_decision decision;
	unsigned int before = policy.generation;

	assert_true(policy_decide(&policy, &question, &decision));
	assert_int_equal(policy_add(&policy, POLICY_DENY, "203.0.113.0/24", NULL), 0);
	assert_int_not_equal(policy.generation, before);
	assert_false(policy_decide(&policy, &question, &decision));
	/* What could not be read changes nothing. */
	before = policy.generation;
	assert_int_equal(policy_add(&policy, POLICY_DENY, "203.0.113.0/", NULL), -EINVAL);
	assert_int_equal(policy.generation, before);
	policy_free(&policy);
}

static void answers_are_held_to_the_same_classes(void **state)
{
	static const struct {
		enum policy_mode mode;
		const char *rules, *address;
		bool may;
	} cases[] = {
		{POLICY_INTERNET, "", "203.0.113.10", true},
		{POLICY_INTERNET, "", "2001:db8::10", true},
		{POLICY_INTERNET, "", "127.0.0.1", false},
		{POLICY_INTERNET, "", "10.0.0.1", false},
		{POLICY_INTERNET, "", "::ffff:10.0.0.1", false},
		{POLICY_INTERNET, "", "0.0.0.0", false},
		{POLICY_INTERNET, "", "198.18.0.16", false},
		{POLICY_LAN, "", "10.0.0.1", true},
		{POLICY_LAN, "", "127.0.0.1", false},
		{POLICY_INTERNET, "allow nas.home allow 10.0.0.1:80", "10.0.0.1", true},
		{POLICY_INTERNET, "allow nas.home allow 10.0.0.1:80", "10.0.0.2", false},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct policy policy = a_policy(cases[i].mode, cases[i].rules);
		struct address address = an_address(cases[i].address);
		struct policy_decision decision;

		if (policy_may_answer(&policy, "nas.home", &address, &decision) != cases[i].may)
			fail_msg("%zu: %s", i, cases[i].address);
		policy_free(&policy);
	}
}

static void networks_hold_what_their_prefix_says(void **state)
{
	static const struct {
		const char *network, *address;
		bool holds;
	} cases[] = {
		{"0.0.0.0/0", "255.255.255.255", true},
		{"0.0.0.0/0", "::1", false},
		{"128.0.0.0/1", "127.255.255.255", false},
		{"128.0.0.0/1", "128.0.0.0", true},
		{"10.0.0.0/9", "10.127.0.1", true},
		{"10.0.0.0/9", "10.128.0.1", false},
		{"10.0.0.1", "10.0.0.1", true},
		{"10.0.0.1", "10.0.0.0", false},
		{"2001:db8::/33", "2001:db8:7fff::", true},
		{"2001:db8::/33", "2001:db8:8000::", false},
		{"::/0", "::ffff:1.2.3.4", true},
		{"2001:db8::1", "2001:db8::1", true},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct address address = an_address(cases[i].address);
		struct network network;

		assert_int_equal(network_parse(cases[i].network, &network, NULL), 0);
		if (network_holds(&network, &address) != cases[i].holds)
			fail_msg("%s %s", cases[i].network, cases[i].address);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(internet_is_public_addresses_only),
		cmocka_unit_test(embedded_addresses_are_what_is_inside),
		cmocka_unit_test(lan_adds_private_addresses_and_nothing_else),
		cmocka_unit_test(a_list_is_all_there_is),
		cmocka_unit_test(names_are_exact_and_wildcards_are_below),
		cmocka_unit_test(a_denial_wins_in_any_order),
		cmocka_unit_test(a_rule_is_understood_or_refused),
		cmocka_unit_test(only_listed_names_are_looked_up),
		cmocka_unit_test(what_is_looked_at_is_the_weakest_of_the_rules),
		cmocka_unit_test(a_running_policy_is_tightened),
		cmocka_unit_test(answers_are_held_to_the_same_classes),
		cmocka_unit_test(networks_hold_what_their_prefix_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
