// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules are read once and compared one by one: lists are short, and a decision is made for each
 * connection, not for each packet of it. Whatever is not understood is an error, never a rule that
 * grants more or denies less than was meant.
 */
#include "policy.h"

#include "base/string.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A last label that inet_aton(3) and its kind read as a number: 1, 0377, 0x7f. */
static bool looks_like_number(const char *label)
{
	if (label[0] == '0' && label[1] == 'x')
		return strspn(label + 2, "0123456789abcdef") == strlen(label + 2);
	return strspn(label, "0123456789") == strlen(label);
}

bool policy_parse_name(const char *text, size_t length, char ret[static POLICY_NAME_LIMIT])
{
	char name[POLICY_NAME_LIMIT];
	size_t label = 0;

	if (length && text[length - 1] == '.')
		length--;
	if (!length || length >= sizeof(name))
		return false;
	for (size_t i = 0; i <= length; i++) {
		char c = i < length ? lower(text[i]) : '.';

		if (c == '.') {
			if (i == label || i - label > 63 || name[label] == '-' ||
			    name[i - 1] == '-')
				return false;
			label = i + 1;
		} else if (c != '-' && !is_digit(c) && !(c >= 'a' && c <= 'z')) {
			return false;
		}
		if (i < length)
			name[i] = c;
	}
	name[length] = '\0';
	if (looks_like_number(strrchr(name, '.') ? strrchr(name, '.') + 1 : name))
		return false;
	memcpy(ret, name, length + 1);
	return true;
}

static bool parse_port(const char **text, uint16_t *ret)
{
	size_t digits = strspn(*text, "0123456789");
	unsigned long port = strtoul(*text, NULL, 10);

	if (!digits || digits > 5 || !port || port > 65535)
		return false;
	*text += digits;
	*ret = (uint16_t)port;
	return true;
}

static int parse_ports(const char *text, struct policy_rule *rule, struct error *e)
{
	if (!parse_port(&text, &rule->port_first))
		return error_set(e, EINVAL, "a port is a number from 1 to 65535");
	rule->port_last = rule->port_first;
	if (*text == '-') {
		text++;
		if (!parse_port(&text, &rule->port_last))
			return error_set(e, EINVAL, "a port is a number from 1 to 65535");
	}
	if (*text)
		return error_set(e, EINVAL, "something follows the port");
	if (rule->port_last < rule->port_first)
		return error_set(e, EINVAL, "the range of ports ends before it begins");
	return 0;
}

/* Cut @text into the target, in place, and its ports, NULL where there are none. */
static int split_ports(char *text, char **ret_target, char **ret_ports, struct error *e)
{
	char *colon = strchr(text, ':'), *end;

	*ret_target = text;
	*ret_ports = NULL;
	if (text[0] == '[') {
		/* [ADDRESS], [ADDRESS]/BITS or [ADDRESS/BITS]: the brackets go. */
		end = strchr(text, ']');
		if (!end)
			return error_set(e, EINVAL, "the bracket is not closed");
		colon = strchr(end, ':');
		if (colon)
			*colon = '\0';
		if (end[1] && (end[1] != '/' || memchr(text, '/', (size_t)(end - text))))
			return error_set(e, EINVAL, "something follows the bracket");
		if (!memchr(text, ':', (size_t)(end - text)))
			return error_set(e, EINVAL, "only an IPv6 address stands in brackets");
		memmove(end, end + 1, strlen(end + 1) + 1);
		*ret_target = text + 1;
	} else if (colon && !strchr(colon + 1, ':')) {
		*colon = '\0';
	} else {
		colon = NULL; /* an IPv6 address, or no ports */
	}
	if (colon)
		*ret_ports = colon + 1;
	return 0;
}

static int parse_target(const char *target, struct policy_rule *rule, struct error *e)
{
	const char *name = startswith(target, "*.");

	if (strchr(target, '/') || strchr(target, ':') ||
	    address_parse(target, &(struct address){0}))
		return network_parse(target, &rule->network, e);
	rule->named = true;
	rule->wildcard = name || streq(target, "*");
	if (streq(target, "*"))
		return 0;
	if (!name)
		name = target;
	if (policy_parse_name(name, strlen(name), rule->name))
		return 0;
	error_set(e, EINVAL, "neither a host name nor an address");
	for (const char *s = name; *s; s++)
		if ((unsigned char)*s >= 0x80)
			return error_remedy(e, "write the name in its ASCII form (xn--…)");
	if (strchr(name, '*'))
		return error_remedy(e,
				    "\"*\" stands for all names, \"*.NAME\" for those below NAME");
	return -EINVAL;
}

static int parse_rule(enum policy_verb verb, char *text, struct policy_rule *rule, struct error *e)
{
	static const struct {
		const char *prefix;
		enum policy_protocol protocol;
	} protocols[] = {{"tcp:", POLICY_TCP}, {"udp:", POLICY_UDP}, {"icmp:", POLICY_ICMP}};
	char *target, *ports, *look = strrchr(text, '+');
	int r;

	if (look) {
		if (streq(look, "+tls=any"))
			rule->tls = POLICY_TLS_ANY;
		else if (streq(look, "+tls=ech"))
			rule->tls = POLICY_TLS_ECH;
		else
			return error_set(e, EINVAL, "only +tls=ech and +tls=any are known");
		if (verb == POLICY_DENY)
			return error_set(e, EINVAL, "+tls= is for what is allowed");
		*look = '\0';
	}
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		const char *rest = startswith(text, protocols[i].prefix);

		if (rest) {
			rule->protocols = protocols[i].protocol;
			text += rest - text;
			break;
		}
	}
	r = split_ports(text, &target, &ports, e);
	if (r < 0)
		return r;
	if (ports && rule->protocols == POLICY_ICMP)
		return error_set(e, EINVAL, "ICMP has no ports");
	if (!rule->protocols)
		rule->protocols = verb == POLICY_ALLOW ? POLICY_TCP
				  : ports              ? POLICY_TCP | POLICY_UDP
						       : POLICY_TCP | POLICY_UDP | POLICY_ICMP;
	rule->port_last = UINT16_MAX;
	if (ports)
		r = parse_ports(ports, rule, e);
	if (r == 0)
		r = parse_target(target, rule, e);
	if (r == 0 && rule->tls != POLICY_TLS_STRICT &&
	    !(rule->named && rule->protocols & POLICY_TCP))
		return error_set(e, EINVAL, "+tls= is for TCP to names; no other is looked into");
	return r;
}

int policy_add(struct policy *policy, enum policy_verb verb, const char *text, struct error *e)
{
	const char *option = verb == POLICY_ALLOW ? "--allow" : "--deny";
	_cleanup_free_ char *copy = xstrdup(text), *shown = string_escape(text);
	struct policy_rule rule = {.verb = verb};
	int r = parse_rule(verb, copy, &rule, e);

	if (r < 0) {
		error_wrap(e, "%s %.200s", option, shown);
		return r;
	}
	rule.text = xasprintf("%s %s", option, text);
	*vector_add(&policy->rules) = rule;
	policy->listed |= verb == POLICY_ALLOW;
	policy->generation++;
	return 0;
}

void policy_free(struct policy *policy)
{
	vector_each (rule, &policy->rules)
		free(rule->text);
	vector_free(&policy->rules);
	own_addresses_free(&policy->own);
}

static bool name_matches(const struct policy_rule *rule, const char *name)
{
	size_t length = strlen(name), tail = strlen(rule->name);

	if (!rule->wildcard)
		return streq(rule->name, name);
	return !tail || (length > tail + 1 && name[length - tail - 1] == '.' &&
			 streq(name + length - tail, rule->name));
}

/* A mapped address is treated as IPv4 by the kernel, and so it is here. */
static struct address canonical(const struct address *address)
{
	struct address embedded[2];
	bool same;

	address_embedded(address, embedded, &same);
	return same ? embedded[0] : *address;
}

/* An address is denied by what it is and by what is inside it. */
static bool network_denies(const struct network *network, const struct address *address)
{
	struct address embedded[2];
	bool same;
	size_t count = address_embedded(address, embedded, &same);

	for (size_t i = 0; i < count; i++)
		if (network_holds(network, &embedded[i]))
			return true;
	return network_holds(network, address);
}

static bool rule_matches(const struct policy_rule *rule, const struct policy_question *question)
{
	if (!(rule->protocols & question->protocol))
		return false;
	if (question->protocol != POLICY_ICMP &&
	    (question->port < rule->port_first || question->port > rule->port_last))
		return false;
	if (rule->named)
		return question->name && name_matches(rule, question->name);
	if (!question->address)
		return false;
	return rule->verb == POLICY_DENY ? network_denies(&rule->network, question->address)
					 : network_holds(&rule->network, question->address);
}

/* Does @rule, which holds the address, speak for this special class? */
static bool rule_grants(const struct policy_rule *rule, enum address_class class)
{
	switch (class) {
	case ADDRESS_PRIVATE:
	case ADDRESS_LINK_LOCAL:
	case ADDRESS_METADATA:
	case ADDRESS_RESERVED:
		return address_class_holds(class, &rule->network);
	case ADDRESS_OWN:
		return rule->network.bits == (rule->network.address.family == AF_INET ? 32 : 128);
	default:
		return false;
	}
}

__attribute__((format(printf, 3, 4))) static bool refuse(struct policy_decision *ret, int rule,
							 const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(ret->reason, sizeof(ret->reason), format, arguments);
	va_end(arguments);
	ret->allowed = false;
	ret->rule = rule;
	return false;
}

static bool refuse_by_rule(struct policy_decision *ret, const struct policy *policy,
			   const struct policy_rule *rule)
{
	refuse(ret, (int)(rule - policy->rules.items), "%.*s", (int)sizeof(ret->reason) - 1,
	       rule->text);
	snprintf(ret->option, sizeof(ret->option), "without %.*s", (int)sizeof(ret->option) - 9,
		 rule->text);
	return false;
}

static void suggest_allow(struct policy_decision *ret, const struct policy_question *question)
{
	const char *prefix = question->protocol == POLICY_UDP    ? "udp:"
			     : question->protocol == POLICY_ICMP ? "icmp:"
								 : "";
	char target[ADDRESS_TEXT + POLICY_NAME_LIMIT], address[ADDRESS_TEXT];
	bool brackets = false;

	if (question->name) {
		snprintf(target, sizeof(target), "%s", question->name);
	} else {
		address_format(question->address, address);
		brackets = question->address->family == AF_INET6 && question->port;
		snprintf(target, sizeof(target), brackets ? "[%s]" : "%s", address);
	}
	if (question->port)
		snprintf(ret->option, sizeof(ret->option), "--allow %s%s:%u", prefix, target,
			 question->port);
	else
		snprintf(ret->option, sizeof(ret->option), "--allow %s%s", prefix, target);
}

/* May an address of this class be dialed? @ports: only rules for the question's port speak for it.
 */
static bool class_granted(const struct policy *policy, const struct policy_question *question,
			  bool ports, struct policy_decision *ret)
{
	struct policy_question raw = *question;
	enum address_class class = address_class(question->address, &policy->own);
	char text[ADDRESS_TEXT];

	if (class == ADDRESS_PUBLIC || (class == ADDRESS_PRIVATE && policy->mode == POLICY_LAN))
		return true;
	raw.name = NULL;
	vector_each (rule, &policy->rules) {
		if (rule->verb != POLICY_ALLOW || rule->named)
			continue;
		if (ports ? !rule_matches(rule, &raw)
			  : !network_holds(&rule->network, question->address))
			continue;
		if (rule_grants(rule, class))
			return true;
	}
	address_format(question->address, text);
	if (question->name)
		refuse(ret, -1, "%s is at %s, a %s address", question->name, text,
		       address_class_name(class));
	else
		refuse(ret, -1, "%s address", address_class_name(class));
	if (class == ADDRESS_LOOPBACK && question->port)
		snprintf(ret->option, sizeof(ret->option), "--host-port %u", question->port);
	else if (class == ADDRESS_PRIVATE && !policy->listed)
		snprintf(ret->option, sizeof(ret->option), "--net lan");
	else if (class == ADDRESS_PRIVATE || class == ADDRESS_LINK_LOCAL ||
		 class == ADDRESS_METADATA || class == ADDRESS_OWN)
		suggest_allow(ret, &raw);
	return false;
}

static bool decide(struct policy *policy, const struct policy_question *question,
		   struct policy_decision *ret)
{
	bool on_list = false;

	if (policy->mode == POLICY_NONE) {
		snprintf(ret->option, sizeof(ret->option), "--net internet");
		return refuse(ret, -1, "--net none");
	}
	vector_each (rule, &policy->rules)
		if (rule->verb == POLICY_DENY && rule_matches(rule, question))
			return refuse_by_rule(ret, policy, rule);
	vector_each (rule, &policy->rules) {
		if (rule->verb != POLICY_ALLOW || !rule_matches(rule, question))
			continue;
		/* An address grants itself; a connection by name is allowed by its name. */
		if (question->name && !rule->named)
			continue;
		if (ret->rule < 0)
			ret->rule = (int)(rule - policy->rules.items);
		if (rule->tls > ret->tls)
			ret->tls = rule->tls;
		on_list = true;
	}
	if (policy->listed && !on_list) {
		suggest_allow(ret, question);
		return refuse(ret, -1, "not on the list");
	}
	if (question->address && !class_granted(policy, question, true, ret))
		return false;
	return true;
}

bool policy_decide(struct policy *policy, const struct policy_question *question,
		   struct policy_decision *ret)
{
	struct policy_question asked = *question;
	struct address address;

	if (question->address) {
		address = canonical(question->address);
		asked.address = &address;
	}
	*ret = (struct policy_decision){.rule = -1};
	ret->allowed = decide(policy, &asked, ret);
	/* A connection by name was counted when its name was decided about. */
	if (ret->rule >= 0 && !(ret->allowed && question->name && question->address))
		policy->rules.items[ret->rule].hits++;
	return ret->allowed;
}

bool policy_may_resolve(struct policy *policy, const char *name, struct policy_decision *ret)
{
	*ret = (struct policy_decision){.rule = -1};
	if (policy->mode == POLICY_NONE)
		return refuse(ret, -1, "--net none");
	vector_each (rule, &policy->rules)
		if (rule->verb == POLICY_DENY && rule->named && name_matches(rule, name) &&
		    (rule->protocols & POLICY_TCP) && (rule->protocols & POLICY_UDP) &&
		    !rule->port_first && rule->port_last == UINT16_MAX) {
			rule->hits++;
			return refuse_by_rule(ret, policy, rule);
		}
	ret->allowed = !policy->listed;
	vector_each (rule, &policy->rules)
		if (rule->verb == POLICY_ALLOW && rule->named && name_matches(rule, name))
			ret->allowed = true;
	if (ret->allowed)
		return true;
	snprintf(ret->option, sizeof(ret->option), "--allow %s", name);
	return refuse(ret, -1, "not on the list");
}

bool policy_may_answer(struct policy *policy, const char *name, const struct address *address,
		       struct policy_decision *ret)
{
	struct address real = canonical(address);
	struct policy_question question = {.name = name, .address = &real};

	*ret = (struct policy_decision){.rule = -1};
	ret->allowed = policy->mode != POLICY_NONE && class_granted(policy, &question, false, ret);
	return ret->allowed;
}

bool policy_names_connections(const struct policy *policy)
{
	vector_each (rule, &policy->rules)
		if (rule->named && rule->verb == POLICY_ALLOW && rule->protocols & POLICY_TCP)
			return true;
	return false;
}
