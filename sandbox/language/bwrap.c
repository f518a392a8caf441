// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bubblewrap's command line.
 *
 * Operations on files are kept in the order given. --perms and --size belong to the next operation,
 * --overlay-src to the overlay that must follow. Of everything else the last one said holds; where
 * bubblewrap warns about that, so does this.
 */
#include "language/bwrap.h"

#include "base/fd.h"
#include "language/bwrap_options.h"

#include <errno.h>
#include <unistd.h>

enum { ARGUMENTS_LIMIT = 64 << 20 };

static int takes_more(const struct bwrap_option *option, struct error *e)
{
	static const char *const numbers[] = {"", "an argument", "two arguments",
					      "three arguments"};

	return error_set(e, EINVAL, "%s takes %s", option->name, numbers[option->count]);
}

/* What was said for the next option, and it did not know it. */
static int nothing_waits(const struct bwrap_parser *parser, struct error *e)
{
	if (parser->mode >= 0)
		return error_set(e, EINVAL,
				 "--perms must be followed by an option that creates a file");
	if (parser->size)
		return error_set(e, EINVAL, "--size must be followed by --tmpfs");
	if (parser->layers.count)
		return error_set(e, EINVAL,
				 "--overlay-src must be followed by another --overlay-src or one "
				 "of --overlay, --tmp-overlay, or --ro-overlay");
	return 0;
}

static int take_arguments(struct bwrap_parser *parser, const char *descriptor, struct error *e);

/* Options up to the first word that is none; how many words they were goes to @ret_used. */
static int parse(struct bwrap_parser *parser, int argc, char **argv, int *ret_used, struct error *e)
{
	int at = 0, r = 0;

	while (r == 0 && at < argc && argv[at][0] == '-') {
		const struct bwrap_option *option;

		if (streq(argv[at], "--")) {
			at++;
			break;
		}
		option = bwrap_option_by_name(argv[at]);
		if (!option)
			return error_set(e, EINVAL, "Unknown option %s", argv[at]);
		if (argc - at - 1 < option->count)
			return takes_more(option, e);
		r = option->take ? option->take(parser, option, argv + at + 1, e)
				 : take_arguments(parser, argv[at + 1], e);
		if (r == 0 && !option->modifier)
			r = nothing_waits(parser, e);
		at += 1 + option->count;
		if (parser->line->help || parser->line->version)
			break;
	}
	*ret_used = at;
	return r;
}

/* What stands behind the options in such a file is not looked at. */
static int take_arguments(struct bwrap_parser *parser, const char *descriptor, struct error *e)
{
	_cleanup_free_ char *data = NULL;
	_cleanup_strv_ struct strv words = {0};
	size_t length;
	int fd = -1, used, r;

	if (parser->in_file)
		return error_set(e, EINVAL, "--args not supported in arguments file");
	r = bwrap_parse_fd(descriptor, &fd, e);
	if (r == 0)
		r = fd_read_all(fd, "Can't read --args data", ARGUMENTS_LIMIT, &data, &length, e);
	if (r < 0)
		return r;
	close(fd);
	for (size_t at = 0; at < length; at += strlen(data + at) + 1)
		strv_add(&words, data + at);
	parser->in_file = true;
	r = parse(parser, (int)words.count, words.items, &used, e);
	parser->in_file = false;
	return r;
}

int bwrap_parse(int argc, char **argv, struct bwrap_line *ret, struct error *e)
{
	struct bwrap_parser parser = {.line = ret, .request = &ret->request, .mode = -1};
	int used, r;

	*ret = (struct bwrap_line){.request = EXACT_REQUEST_NONE};
	r = parse(&parser, argc, argv, &used, e);
	/* As with bubblewrap, --perms and --size before the command are nothing. */
	parser.mode = -1;
	parser.size = 0;
	if (r == 0)
		r = nothing_waits(&parser, e);
	for (int i = used; r == 0 && i < argc; i++)
		strv_add(&ret->request.arguments, argv[i]);
	strv_free(&parser.layers);
	return r;
}

void bwrap_line_free(struct bwrap_line *line)
{
	exact_request_free(&line->request);
	strv_free(&line->warnings);
}

void bwrap_usage(const char *name, struct strbuf *ret)
{
	strbuf_printf(ret, "usage: %s [OPTIONS...] [--] COMMAND [ARGS...]\n\n", name);
	for (size_t i = 0; i < bwrap_option_count; i++) {
		_cleanup_free_ char *head =
			xasprintf("%s%s%s", bwrap_options[i].name,
				  *bwrap_options[i].values ? " " : "", bwrap_options[i].values);

		strbuf_printf(ret, "    %-32s %s\n", head, bwrap_options[i].help);
	}
}
