// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Putting the request together from profiles and options.
 *
 * Profiles refer to others, so loading recurses; what has been opened on the way down is kept in a
 * chain, by device and inode, in which a loop shows itself whatever it is called. Depth, number of
 * files and bytes are bounded: words that use words could otherwise double at each step.
 */
#include "language/request_build.h"

#include "language/expand.h"
#include "language/profile_store.h"
#include "language/settings.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define DEPTH_LIMIT 16
#define FILE_LIMIT  256
#define BYTE_LIMIT  (8 * 1024 * 1024)

struct loading {
	struct request *request;
	struct problems *problems;
	enum layer layer;
	unsigned files;
	size_t bytes;
	char **ret_description; /* of the outermost file; NULL: not wanted */
	bool on_host;           /* words count only where the host has what they need */
	char lacking[256];      /* the last thing that it did not have */
};

/* The files being loaded, innermost first. */
struct chain {
	const struct profile *profile;
	const struct chain *outer;
	unsigned depth;
};

static int load(struct loading *loading, const struct profile_place *place,
		const struct chain *outer);

static void take_settings(struct request *to, struct request *from)
{
	vector_each (setting, &from->settings)
		*vector_add(&to->settings) = *setting;
	from->settings.count = 0;
}

static bool in_chain(const struct chain *chain, const struct profile *profile)
{
	for (; chain; chain = chain->outer)
		if (chain->profile->device == profile->device &&
		    chain->profile->inode == profile->inode)
			return true;
	return false;
}

/* Load the first of the places that has a file; -ENOENT, with nothing added, where none has. */
static int load_first(struct loading *loading, const struct profile_place *places, size_t count,
		      const struct chain *outer)
{
	int r = -ENOENT;

	for (size_t i = 0; i < count && r == -ENOENT; i++) {
		/* A user's firefox.profile that includes firefox means the one it replaces. */
		if (outer && places[i].user && streq(outer->profile->shown, places[i].shown))
			continue;
		r = load(loading, &places[i], outer);
	}
	return r;
}

static int load_by_name(struct loading *loading, enum profile_kind kind, const char *name,
			bool shipped, const struct chain *outer)
{
	struct profile_place places[2] = {0};
	size_t count = profile_places(kind, name, places);
	int r;

	while (!shipped && count && !places[count - 1].user)
		profile_place_free(&places[--count]);
	r = load_first(loading, places, count, outer);
	for (size_t i = 0; i < count; i++)
		profile_place_free(&places[i]);
	return r;
}

/* "…: unknown word", and the nearest that there is. */
static int unknown_name(enum profile_kind kind, const char *name, struct error *e)
{
	static const char *const what[] = {[PROFILE_APP] = "profile", [PROFILE_WORD] = "word"};
	_cleanup_strv_ struct strv names = {0};
	const char *near;

	profile_names(kind, &names);
	near = string_nearest(name, (const char *const *)names.items, names.count);
	error_set(e, ENOENT, "no such %s", what[kind]);
	return near ? error_remedy(e, "did you mean \"%s\"?", near)
		    : error_remedy(e, "`hutch profile list` shows what there is%s",
				   kind == PROFILE_APP ? "; a file is named with a slash (./NAME)"
						       : "");
}

/* "include = ./other.profile": beside the file that says so. */
static int load_included_file(struct loading *loading, const char *name, const struct chain *chain,
			      struct error *e)
{
	_cleanup_profile_place_ struct profile_place place = {0};
	_cleanup_free_ char *path = NULL, *full = NULL;
	int r = expand_path(name, &path, e);

	if (r < 0)
		return r;
	full = path[0] == '/' ? xstrdup(path) : path_beside(chain->profile->directory, path);
	profile_place_of_file(full, &place);
	r = load(loading, &place, chain);
	return r == -ENOENT ? error_errno(e, ENOENT, "%s", full) : r;
}

/*
 * "use = a|b|c": the first that this host has, and none where it has none of them: then the program
 * finds out what it can do without. All of the names have to exist.
 */
static int load_word(struct loading *loading, const char *names, const struct chain *chain,
		     struct error *e)
{
	_cleanup_free_ char *list = xstrdup(names);
	char *rest = list, *name;
	bool taken = false;

	while ((name = strsep(&rest, "|"))) {
		struct profile_place places[2] = {0};
		size_t count = taken ? profile_places(PROFILE_WORD, name, places) : 0;
		int r = taken ? -ENOENT : load_by_name(loading, PROFILE_WORD, name, true, chain);

		for (size_t i = 0; i < count; i++) {
			r = access(places[i].path, F_OK) == 0 ? 0 : r;
			profile_place_free(&places[i]);
		}
		if (r == -ENOENT)
			unknown_name(PROFILE_WORD, name, e);
		if (r < 0 && r != -ENODEV)
			return r;
		taken |= r == 0;
	}
	return 0;
}

static int load_reference(struct loading *loading, const struct profile_reference *reference,
			  const struct chain *chain)
{
	enum profile_kind kind = reference->word ? PROFILE_WORD : PROFILE_APP;
	size_t before = loading->problems->found;
	struct error e = {0};
	int r;

	if (!reference->word && strchr(reference->name, '/'))
		r = load_included_file(loading, reference->name, chain, &e);
	else if (reference->word)
		r = load_word(loading, reference->name, chain, &e);
	else
		r = load_by_name(loading, kind, reference->name, true, chain);
	if (r == -ENOENT && !e.code)
		unknown_name(kind, reference->name, &e);
	/* A fault of the file itself is in the list already. */
	if (r < 0 && loading->problems->found == before) {
		error_wrap(&e, "%s:%u: %s %.100s", chain->profile->shown, reference->line,
			   reference->word ? "use" : "include", reference->name);
		*problem_add(loading->problems) = e;
	}
	return r;
}

static int check_bounds(struct loading *loading, const struct profile *profile,
			const struct chain *outer)
{
	loading->files++;
	loading->bytes += profile->size;
	if (outer && in_chain(outer, profile))
		return error_set(problem_add(loading->problems), ELOOP,
				 "%s: includes itself, through %s", profile->shown,
				 outer->profile->shown);
	if (outer && outer->depth >= DEPTH_LIMIT)
		return error_set(problem_add(loading->problems), ELOOP,
				 "%s: more than %d profiles that include one another",
				 profile->shown, DEPTH_LIMIT);
	if (loading->files > FILE_LIMIT || loading->bytes > BYTE_LIMIT)
		return error_set(problem_add(loading->problems), E2BIG,
				 "%s: more than %d files or %d bytes of profiles", profile->shown,
				 FILE_LIMIT, BYTE_LIMIT);
	return 0;
}

/* The word does not count on this host; what for is kept for who typed it. */
static int lacks(struct loading *loading, const char *path)
{
	snprintf(loading->lacking, sizeof(loading->lacking), "%s", path);
	return -ENODEV;
}

static int load(struct loading *loading, const struct profile_place *place,
		const struct chain *outer)
{
	_cleanup_profile_ struct profile profile = {0};
	struct chain chain = {&profile, outer, outer ? outer->depth + 1 : 1};
	int r = profile_read(place, loading->layer, &profile, loading->problems), first = r, bounds;

	/* Without a file there is nothing more to say; a file with faults may have more of them. */
	if (!profile.shown)
		return r;
	bounds = check_bounds(loading, &profile, outer);
	if (bounds < 0)
		return bounds;
	if (first == 0 && loading->on_host)
		for (size_t i = 0; i < profile.needs.count; i++)
			if (access(profile.needs.items[i], F_OK) < 0)
				return lacks(loading, profile.needs.items[i]);
	vector_each (reference, &profile.references) {
		r = load_reference(loading, reference, &chain);
		if (r < 0 && first == 0)
			first = r;
		if (r == -ELOOP || r == -E2BIG)
			return r;
	}
	take_settings(loading->request, &profile.own);
	if (!outer && loading->ret_description)
		*loading->ret_description = TAKE_PTR(profile.description);
	return first;
}

int request_load_profile(const struct profile_place *place, struct request *ret,
			 char **ret_description, struct problems *problems)
{
	struct loading loading = {.request = ret,
				  .problems = problems,
				  .layer = LAYER_PROFILE,
				  .ret_description = ret_description};
	int r = load(&loading, place, NULL);

	return r == -ENOENT && problems->list.count ? -problems->list.items[0].code : r;
}

/* Programs in these belong to the system: what they are called says what they are. */
static bool is_system_program(const char *program)
{
	static const char *const directories[] = {"/usr/", "/bin/",  "/sbin/",
						  "/opt/", "/snap/", "/nix/store/"};

	if (!strchr(program, '/'))
		return true;
	if (strstr(program, "/../"))
		return false;
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		if (startswith(program, directories[i]))
			return true;
	return false;
}

bool request_has_profile(const char *program)
{
	const char *slash = strrchr(program, '/'), *name = slash ? slash + 1 : program;
	struct profile_place places[2] = {0};
	size_t count;
	bool found = false;

	if (!profile_name_valid(name) || streq(name, "default") || streq(name, "shell"))
		return false;
	count = profile_places(PROFILE_APP, name, places);
	for (size_t i = 0; i < count; i++) {
		found |= (places[i].user || is_system_program(program)) &&
			 access(places[i].path, F_OK) == 0;
		profile_place_free(&places[i]);
	}
	return found;
}

/* --profile NAME or FILE. */
static int load_asked_for(struct loading *loading, const char *asked, char **ret_name)
{
	_cleanup_profile_place_ struct profile_place place = {0};
	struct error e = {0};
	int r;

	if (!strchr(asked, '/')) {
		*ret_name = xstrdup(asked);
		if (streq(asked, "default"))
			return 0;
		r = load_by_name(loading, PROFILE_APP, asked, true, NULL);
		if (r == -ENOENT && !loading->problems->list.count)
			unknown_name(PROFILE_APP, asked, &e);
	} else {
		*ret_name = xstrdup(asked);
		profile_place_of_file(asked, &place);
		r = load(loading, &place, NULL);
		if (r == -ENOENT && !loading->problems->list.count)
			error_errno(&e, ENOENT, "no such profile");
	}
	if (r < 0 && e.code) {
		error_wrap(&e, "--profile %.200s", asked);
		*problem_add(loading->problems) = e;
	}
	return r;
}

/* NAME.local.profile; whether there is one. */
static int load_local(struct loading *loading, const char *name, bool *ret_found)
{
	int r = load_by_name(loading, PROFILE_LOCAL, name, false, NULL);

	*ret_found = r != -ENOENT;
	return r == -ENOENT ? 0 : r;
}

/* The profile of the program's name, where there is one. */
static int load_by_program(struct loading *loading, const char *program, char **ret_name)
{
	const char *slash = strrchr(program, '/'), *name = slash ? slash + 1 : program;
	bool found, local;
	int r;

	if (!profile_name_valid(name) || streq(name, "default") || streq(name, "shell"))
		return 0;
	r = load_by_name(loading, PROFILE_APP, name, is_system_program(program), NULL);
	if (r < 0 && (r != -ENOENT || loading->problems->list.count))
		return r;
	found = r == 0;
	loading->layer = LAYER_USER;
	r = load_local(loading, name, &local);
	if (found || local)
		*ret_name = xstrdup(name);
	return r;
}

static int load_profiles(struct loading *loading, const struct request *typed,
			 const struct command_line *line, char **ret_name)
{
	bool local;
	int r;

	loading->layer = LAYER_DEFAULT;
	r = load_by_name(loading, PROFILE_APP, "default", true, NULL);
	if (r == -ENOENT && !loading->problems->list.count) {
		error_set(problem_add(loading->problems), ENOENT,
			  "default.profile: not found beside this program nor in ../share/hutch");
		error_remedy(&loading->problems->list.items[0], "install hutch again");
	}
	if (r == 0)
		r = load_local(loading, "default", &local);
	if (r < 0)
		return r;
	loading->layer = LAYER_PROFILE;
	if (!line->profile)
		return typed->arguments.count
			       ? load_by_program(loading, typed->arguments.items[0], ret_name)
			       : 0;
	r = load_asked_for(loading, line->profile, ret_name);
	if (r == 0 && !strchr(line->profile, '/') && !streq(line->profile, "default")) {
		loading->layer = LAYER_USER;
		r = load_local(loading, line->profile, &local);
	}
	return r;
}

static int load_words(struct loading *loading, const struct strv *words)
{
	loading->layer = LAYER_COMMAND_LINE;
	for (size_t i = 0; i < words->count; i++) {
		const char *word = words->items[i];
		int r = load_by_name(loading, PROFILE_WORD, word, true, NULL);

		if (r == -ENOENT && !loading->problems->list.count) {
			struct error *e = problem_add(loading->problems);

			unknown_name(PROFILE_WORD, word, e);
			error_wrap(e, "--use %.100s", word);
		}
		if (r == -ENODEV)
			error_set(problem_add(loading->problems), ENODEV,
				  "--use %.100s: this host does not have %s", word,
				  loading->lacking);
		if (r < 0)
			return r;
	}
	return 0;
}

int request_build(int argc, char **argv, enum verb verb, struct request *ret,
		  struct command_line *ret_line, struct error *e)
{
	_cleanup_problems_ struct problems problems = {0};
	struct loading loading = {.request = ret, .problems = &problems, .on_host = true};
	struct request typed = {0};
	int r;

	r = options_parse(verb, argc, argv, &typed, ret_line, e);
	/* A throwaway shell is what it is whichever program runs in it. */
	if (r == 0 && verb == VERB_SHELL && !ret_line->profile)
		ret_line->profile = xstrdup("shell");
	if (r == 0 && !ret_line->help && !ret_line->version) {
		r = load_profiles(&loading, &typed, ret_line, &ret->profile);
		if (r == 0)
			r = load_words(&loading, &ret_line->use);
		if (problems.list.count) {
			*e = problems.list.items[0];
			r = -e->code;
		}
	}
	if (r == 0) {
		take_settings(ret, &typed);
		ret->arguments = typed.arguments;
		typed.arguments = (struct strv){0};
		if (!ret->profile)
			ret->profile = xstrdup("default");
	}
	request_free(&typed);
	return r;
}
