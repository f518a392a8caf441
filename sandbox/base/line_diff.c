// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The greedy algorithm of E. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986): for
 * each number of edits d, how far one gets on each diagonal; then the way back. It remembers all
 * frontiers, so d is bounded.
 */
#include "base/line_diff.h"

#include <string.h>

/* Edits after which it is given up: memory grows with the square, 16 MB here. */
enum { EDIT_LIMIT = 1400 };

struct line {
	const char *text;
	size_t length; /* with its newline */
	uint64_t hash;
};

struct lines {
	VECTOR(struct line) list;
};

bool line_diff_is_binary(const char *data, size_t length)
{
	return memchr(data, '\0', length < 8192 ? length : 8192) != NULL;
}

static void split(const char *text, size_t length, struct lines *ret)
{
	while (length) {
		const char *newline = memchr(text, '\n', length);
		struct line *line = vector_add(&ret->list);
		uint64_t hash = 0xcbf29ce484222325;

		line->text = text;
		line->length = newline ? (size_t)(newline - text) + 1 : length;
		for (size_t i = 0; i < line->length; i++)
			hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3;
		line->hash = hash;
		text += line->length;
		length -= line->length;
	}
}

static bool same(const struct line *a, const struct line *b)
{
	return a->hash == b->hash && a->length == b->length &&
	       memcmp(a->text, b->text, a->length) == 0;
}

struct range {
	const struct line *a, *b;
	long n, m;  /* how many lines of each */
	long limit; /* edits after which it is given up */
	size_t a_start, b_start;
};

static void add_block(struct line_diff *diff, size_t old_start, size_t old_count, size_t new_start,
		      size_t new_count)
{
	struct line_block *last =
		diff->blocks.count ? &diff->blocks.items[diff->blocks.count - 1] : NULL;

	diff->removed += old_count;
	diff->added += new_count;
	/* They come backwards. */
	if (last && old_start + old_count == last->old_start &&
	    new_start + new_count == last->new_start) {
		last->old_start = old_start;
		last->new_start = new_start;
		last->old_count += old_count;
		last->new_count += new_count;
		return;
	}
	/* xreallocarray() never returns NULL. NOLINTNEXTLINE(clang-analyzer-unix.cstring.NullArg) */
	*vector_add(&diff->blocks) =
		(struct line_block){old_start, old_count, new_start, new_count};
}

/* All frontiers, one behind the other; that of d has the diagonals -d, -d+2, …, d. */
struct trace {
	long *items;
	size_t capacity;
};

static long *frontier(const struct trace *trace, long d)
{
	return trace->items + d * (d + 1) / 2;
}

/* The same, and there is room for it. Most texts differ little: memory comes as it is needed. */
static long *next_frontier(struct trace *trace, long d)
{
	size_t needed = (size_t)(d + 1) * (size_t)(d + 2) / 2;

	if (needed > trace->capacity) {
		trace->capacity = needed * 2;
		trace->items = xreallocarray(trace->items, trace->capacity, sizeof(long));
	}
	return frontier(trace, d);
}

static long furthest(const long *before, long d, long k)
{
	long down, right;

	if (d == 0)
		return 0;
	/* On diagonal k one arrives from k+1 (a line added) or from k-1 (a line removed). */
	down = k < d ? before[(k + 1 + d - 1) / 2] : -1;
	right = k > -d ? before[(k - 1 + d - 1) / 2] + 1 : -1;
	return down > right || right < 0 ? down : right;
}

/* The number of edits, or -1 where there are too many. */
static long search(const struct range *range, struct trace *trace)
{
	for (long d = 0; d <= range->limit; d++) {
		long *now = next_frontier(trace, d);

		for (long k = -d; k <= d; k += 2) {
			long x, y;

			/* What lies outside of either text is no place to go on from. */
			x = furthest(d ? frontier(trace, d - 1) : NULL, d, k);
			y = x - k;
			while (x >= 0 && y >= 0 && x < range->n && y < range->m &&
			       same(&range->a[x], &range->b[y])) {
				x++;
				y++;
			}
			now[(k + d) / 2] = x;
			if (x >= range->n && y >= range->m)
				return d;
		}
	}
	return -1;
}

static void walk_back(const struct range *range, const struct trace *trace, long d,
		      struct line_diff *ret)
{
	long x = range->n, y = range->m;

	for (; d > 0; d--) {
		const long *before = frontier(trace, d - 1);
		long k = x - y;
		long down = k < d ? before[(k + 1 + d - 1) / 2] : -1;
		long right = k > -d ? before[(k - 1 + d - 1) / 2] + 1 : -1;

		if (down > right || right < 0) {
			x = down;
			y = x - (k + 1);
			add_block(ret, range->a_start + (size_t)x, 0, range->b_start + (size_t)y,
				  1);
		} else {
			x = right - 1;
			y = x - (k - 1);
			add_block(ret, range->a_start + (size_t)x, 1, range->b_start + (size_t)y,
				  0);
		}
	}
}

static void compare(const struct range *range, struct line_diff *ret)
{
	struct trace trace = {0};
	long d;

	if (!range->n || !range->m) {
		if (range->n || range->m)
			add_block(ret, range->a_start, (size_t)range->n, range->b_start,
				  (size_t)range->m);
		return;
	}
	d = search(range, &trace);
	if (d < 0)
		add_block(ret, range->a_start, (size_t)range->n, range->b_start, (size_t)range->m);
	else
		walk_back(range, &trace, d, ret);
	free(trace.items);
}

static void reverse(struct line_diff *diff)
{
	for (size_t i = 0, j = diff->blocks.count; i + 1 < j; i++) {
		struct line_block block = diff->blocks.items[--j];

		diff->blocks.items[j] = diff->blocks.items[i];
		diff->blocks.items[i] = block;
	}
}

/* A text without lines has no array of them. */
static struct line *from(struct line *lines, size_t skip)
{
	return lines ? lines + skip : NULL;
}

void line_diff(const char *old_text, size_t old_length, const char *new_text, size_t new_length,
	       struct line_diff *ret)
{
	struct lines a = {0}, b = {0};
	size_t head = 0, tail = 0;
	struct range range;

	split(old_text, old_length, &a);
	split(new_text, new_length, &b);
	while (head < a.list.count && head < b.list.count &&
	       same(&a.list.items[head], &b.list.items[head]))
		head++;
	while (tail < a.list.count - head && tail < b.list.count - head &&
	       same(&a.list.items[a.list.count - 1 - tail], &b.list.items[b.list.count - 1 - tail]))
		tail++;
	range = (struct range){
		.a = from(a.list.items, head),
		.b = from(b.list.items, head),
		.n = (long)(a.list.count - head - tail),
		.m = (long)(b.list.count - head - tail),
		.limit = EDIT_LIMIT,
		.a_start = head,
		.b_start = head,
	};
	/* More edits than lines there cannot be. */
	if (range.n + range.m < range.limit)
		range.limit = range.n + range.m;
	compare(&range, ret);
	reverse(ret);
	vector_free(&a.list);
	vector_free(&b.list);
}

static void add_line(struct strbuf *out, char sign, const struct line *line)
{
	strbuf_append(out, &sign, 1);
	strbuf_append(out, line->text, line->length);
	if (line->text[line->length - 1] != '\n')
		strbuf_printf(out, "\n\\ No newline at end of file\n");
}

/* "3", "3,0" or "3,5": where lines are none, the line before is named. */
static void add_place(struct strbuf *out, char sign, size_t start, size_t count)
{
	strbuf_printf(out, "%c%zu", sign, count ? start + 1 : start);
	if (count != 1)
		strbuf_printf(out, ",%zu", count);
}

void line_diff_unified(const struct line_diff *diff, const char *old_text, size_t old_length,
		       const char *new_text, size_t new_length, size_t context, struct strbuf *out)
{
	const struct line_block *blocks = diff->blocks.items;
	struct lines a = {0}, b = {0};

	split(old_text, old_length, &a);
	split(new_text, new_length, &b);
	for (size_t i = 0, end; i < diff->blocks.count; i = end) {
		size_t before = blocks[i].old_start < context ? blocks[i].old_start : context;
		size_t at = blocks[i].old_start - before, last, after;

		/* Blocks whose contexts touch stand in one hunk. */
		for (end = i + 1; end < diff->blocks.count &&
				  blocks[end].old_start - (blocks[end - 1].old_start +
							   blocks[end - 1].old_count) <=
					  2 * context;
		     end++)
			;
		last = blocks[end - 1].old_start + blocks[end - 1].old_count;
		after = a.list.count - last < context ? a.list.count - last : context;
		strbuf_printf(out, "@@ ");
		add_place(out, '-', at, last + after - at);
		strbuf_printf(out, " ");
		add_place(out, '+', blocks[i].new_start - before,
			  blocks[end - 1].new_start + blocks[end - 1].new_count + after -
				  (blocks[i].new_start - before));
		strbuf_printf(out, " @@\n");
		for (size_t j = i; j < end; j++) {
			while (at < blocks[j].old_start)
				add_line(out, ' ', &a.list.items[at++]);
			for (size_t k = 0; k < blocks[j].old_count; k++)
				add_line(out, '-', &a.list.items[at++]);
			for (size_t k = 0; k < blocks[j].new_count; k++)
				add_line(out, '+', &b.list.items[blocks[j].new_start + k]);
		}
		while (at < last + after)
			add_line(out, ' ', &a.list.items[at++]);
	}
	vector_free(&a.list);
	vector_free(&b.list);
}

void line_diff_free(struct line_diff *diff)
{
	vector_free(&diff->blocks);
	diff->added = diff->removed = 0;
}
