// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/menu_store.h"

#include "base/fd.h"
#include "base/sha256.h"
#include "base/user.h"
#include "kernel/tree.h"
#include "language/desktop_entry.h"
#include "language/expand.h"
#include "language/menu_entry.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const menu_state_names[] = {
	[MENU_CURRENT] = "current", [MENU_CHANGED] = "changed", [MENU_GONE] = "gone",
	[MENU_EDITED] = "edited",   [MENU_LOST] = "lost",       [MENU_BROKEN] = "broken",
};

static char *data_path(const char *below)
{
	_cleanup_free_ char *data = base_directory("XDG_DATA_HOME");

	return data ? xasprintf("%s/%s", data, below) : xstrdup("/nonexistent");
}

/* NULL where it can't be read. */
static char *read_file(const char *path, size_t *ret_length)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct error ignored = {0};
	char *text = NULL;
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		return NULL;
	return fd_read_all(fd, path, DESKTOP_SIZE_LIMIT, &text, ret_length, &ignored) < 0 ? NULL
											  : text;
}

static void hash_text(const char *text, size_t length, char ret[65])
{
	uint8_t digest[SHA256_SIZE];

	sha256(text, length, digest);
	sha256_hex(digest, ret);
}

/* Whether the file has those contents, and is no link to one that has. */
static bool has_hash(const char *path, const char *hash)
{
	_cleanup_free_ char *text = NULL;
	struct stat status;
	char found[65];
	size_t length;

	if (lstat(path, &status) < 0 || !S_ISREG(status.st_mode))
		return false;
	text = read_file(path, &length);
	if (!text)
		return false;
	hash_text(text, length, found);
	return streq(found, hash);
}

static int make_directories(const char *path, struct error *e)
{
	_cleanup_free_ char *way = xstrdup(path);

	for (char *slash = strchr(way + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(way, 0700) < 0 && errno != EEXIST)
			return error_errno(e, errno, "making %s", way);
		*slash = '/';
	}
	return mkdir(path, 0700) < 0 && errno != EEXIST ? error_errno(e, errno, "making %s", path)
							: 0;
}

static int write_file(const char *path, const char *text, size_t length, struct error *e)
{
	_cleanup_free_ char *directory = xstrdup(path), *new = NULL;
	char *slash = strrchr(directory, '/');
	_cleanup_fd_ int fd = -1;
	int r;

	*slash = '\0';
	new = xasprintf("%s/.%s.new", directory, slash + 1);
	unlink(new);
	fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	r = fd < 0 ? -errno : fd_write_all(fd, text, length);
	if (r == 0 && rename(new, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(new);
	return r < 0 ? error_errno(e, -r, "writing %s", path) : 0;
}

/* The applications. */

static bool add_application(struct menu_applications *to, const char *id, const char *path)
{
	_cleanup_free_ char *text = NULL, *program = NULL;
	struct error ignored = {0};
	struct menu_application *application;
	size_t length;

	vector_each (one, &to->list)
		if (streq(one->id, id))
			return false;
	text = read_file(path, &length);
	if (text && menu_entry_program(text, length, &program, &ignored) < 0)
		program = NULL;
	application = vector_add(&to->list);
	application->id = xstrdup(id);
	application->path = xstrdup(path);
	application->program = TAKE_PTR(program); /* NULL: hides what follows of that id */
	return true;
}

static void find_in(struct menu_applications *to, const char *directory, const char *prefix,
		    unsigned depth, bool own)
{
	DIR *list = depth ? opendir(directory) : NULL;
	const struct dirent *entry;

	while (list && (entry = readdir(list))) {
		_cleanup_free_ char *path = xasprintf("%s/%s", directory, entry->d_name);
		_cleanup_free_ char *id = xasprintf("%s%s", prefix, entry->d_name);
		_cleanup_free_ char *record = xasprintf("hutch/menus/%s/record", id);
		_cleanup_free_ char *recorded = data_path(record);
		size_t length = strlen(id);
		struct stat status;

		if (entry->d_name[0] == '.' || stat(path, &status) < 0)
			continue;
		if (S_ISDIR(status.st_mode)) {
			_cleanup_free_ char *below = xasprintf("%s-", id);

			find_in(to, path, below, depth - 1, own);
			continue;
		}
		if (length <= 8 || !streq(id + length - 8, ".desktop"))
			continue;
		/* Of hutch's own making: what it was made from counts. */
		if (own && access(recorded, F_OK) == 0) {
			_cleanup_free_ char *saved = xasprintf("hutch/menus/%s/entry", id);
			_cleanup_free_ char *was = data_path(saved);

			if (access(was, F_OK) == 0)
				add_application(to, id, was);
			continue;
		}
		add_application(to, id, path);
	}
	if (list)
		closedir(list);
}

void menu_applications_find(struct menu_applications *ret)
{
	const char *all = getenv("XDG_DATA_DIRS");
	_cleanup_free_ char *own = data_path("applications");
	_cleanup_free_ char *list = xstrdup(all && *all ? all : "/usr/local/share:/usr/share");
	char *rest = list, *directory;
	size_t count = 0;

	find_in(ret, own, "", 4, true);
	while ((directory = strsep(&rest, ":"))) {
		_cleanup_free_ char *path = xasprintf("%s/applications", directory);

		if (directory[0] == '/')
			find_in(ret, path, "", 4, false);
	}
	vector_each (one, &ret->list) {
		if (one->program) {
			ret->list.items[count++] = *one;
		} else {
			free(one->id);
			free(one->path);
		}
	}
	ret->list.count = count;
}

void menu_applications_free(struct menu_applications *applications)
{
	vector_each (one, &applications->list) {
		free(one->id);
		free(one->path);
		free(one->program);
	}
	vector_free(&applications->list);
}

/* The records. */

void menu_record_free(struct menu_record *record)
{
	free(record->id);
	free(record->source);
	free(record->service);
	free(record->program);
	free(record->hutch);
	free(record->home);
	free(record->profile);
	*record = (struct menu_record){0};
}

static char *record_path(const char *id, const char *name)
{
	_cleanup_free_ char *below = xasprintf("hutch/menus/%s/%s", id, name);

	return data_path(below);
}

static char *entry_path(const char *id)
{
	_cleanup_free_ char *below = xasprintf("applications/%s", id);

	return data_path(below);
}

static char *service_path(const char *name)
{
	_cleanup_free_ char *below = xasprintf("dbus-1/services/%s", name);

	return data_path(below);
}

void menu_records(struct strv *ret)
{
	_cleanup_free_ char *path = data_path("hutch/menus");
	DIR *list = opendir(path);
	const struct dirent *entry;

	while (list && (entry = readdir(list)))
		if (entry->d_name[0] != '.')
			strv_add(ret, entry->d_name);
	if (list)
		closedir(list);
	strv_sort(ret);
}

static char *text_of(struct json_object *object, const char *key)
{
	const char *text = json_object_get_string(json_object_object_get(object, key));

	return text ? string_unescape(text) : NULL;
}

static void take_hash(struct json_object *object, const char *key, char ret[65])
{
	_cleanup_free_ char *text = text_of(object, key);

	snprintf(ret, 65, "%s", text ? text : "");
}

int menu_record_read(const char *id, struct menu_record *ret, struct error *e)
{
	_cleanup_free_ char *path = record_path(id, "record"), *text = NULL;
	struct json_object *object;
	size_t length;

	if (strchr(id, '/') || id[0] == '.' || !(text = read_file(path, &length)))
		return error_set(e, ENOENT, "%.100s: not integrated", id);
	object = json_tokener_parse(text);
	ret->id = xstrdup(id);
	ret->source = text_of(object, "source");
	ret->program = text_of(object, "program");
	ret->service = text_of(object, "service");
	ret->hutch = text_of(object, "hutch");
	ret->home = text_of(object, "home");
	ret->profile = text_of(object, "profile");
	take_hash(object, "source_sha256", ret->source_hash);
	take_hash(object, "entry_sha256", ret->entry_hash);
	take_hash(object, "service_sha256", ret->service_hash);
	json_object_put(object);
	if (!ret->source || !ret->hutch || (ret->service && strchr(ret->service, '/')))
		return error_set(e, EINVAL, "%s: damaged", path);
	return 0;
}

static void put(struct json_object *object, const char *key, const char *text)
{
	_cleanup_free_ char *escaped = text ? string_escape(text) : NULL;

	if (text)
		json_object_object_add(object, key, json_object_new_string(escaped));
}

static int record_write(const struct menu_record *record, struct error *e)
{
	_cleanup_free_ char *path = record_path(record->id, "record");
	struct json_object *object = json_object_new_object();
	const char *text;
	int r;

	put(object, "source", record->source);
	put(object, "source_sha256", record->source_hash);
	put(object, "entry_sha256", record->entry_hash);
	put(object, "program", record->program);
	put(object, "service", record->service);
	put(object, "service_sha256", record->service_hash);
	put(object, "hutch", record->hutch);
	put(object, "home", record->home);
	put(object, "profile", record->profile);
	text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
							      JSON_C_TO_STRING_NOSLASHESCAPE);
	r = write_file(path, text, strlen(text), e);
	json_object_put(object);
	return r;
}

enum menu_state menu_record_state(const struct menu_record *record)
{
	_cleanup_free_ char *entry = entry_path(record->id);
	struct stat status;

	if (lstat(entry, &status) < 0)
		return MENU_LOST;
	if (!has_hash(entry, record->entry_hash))
		return MENU_EDITED;
	if (access(record->hutch, X_OK) < 0)
		return MENU_BROKEN;
	if (access(record->source, F_OK) < 0)
		return MENU_GONE;
	return has_hash(record->source, record->source_hash) ? MENU_CURRENT : MENU_CHANGED;
}

/* -EBUSY where the file is neither missing nor as hutch wrote it. */
static int check_ours(const char *path, const char *hash, bool force, struct error *e)
{
	struct stat status;

	if (force || lstat(path, &status) < 0 || has_hash(path, hash))
		return 0;
	error_set(e, EBUSY, "%s: changed since hutch wrote it", path);
	return error_remedy(e, "--force drops that");
}

/* Give the user's own file at @path a second name, under which it stays when hutch's takes the first
 * one: at no moment is it anything but whole. */
static int keep_own(const char *path, const char *saved, struct error *e)
{
	if (unlink(saved) < 0 && errno != ENOENT)
		return error_errno(e, errno, "%s", saved);
	if (linkat(AT_FDCWD, path, AT_FDCWD, saved, 0) < 0 && errno != ENOENT)
		return error_errno(e, errno, "keeping %s as %s", path, saved);
	return 0;
}

static int put_back(const char *path, const char *saved, struct error *e)
{
	if (rename(saved, path) == 0)
		return 0;
	if (errno != ENOENT)
		return error_errno(e, errno, "moving %s to %s", saved, path);
	return unlink(path) < 0 && errno != ENOENT ? error_errno(e, errno, "removing %s", path) : 0;
}

/* The system's service of that name, as text; NULL: there is none. */
static char *find_service(const char *name, size_t *ret_length)
{
	const char *all = getenv("XDG_DATA_DIRS");
	_cleanup_free_ char *list = xstrdup(all && *all ? all : "/usr/local/share:/usr/share");
	char *rest = list, *directory;

	while ((directory = strsep(&rest, ":"))) {
		_cleanup_free_ char *path = xasprintf("%s/dbus-1/services/%s", directory, name);
		char *text = directory[0] == '/' ? read_file(path, ret_length) : NULL;

		if (text)
			return text;
	}
	return NULL;
}

/* Its service file, where the system has one of that name. */
static void make_service(struct menu_record *record, const struct menu_options *options,
			 struct strbuf *ret)
{
	_cleanup_free_ char *name = xstrndup(record->id, strlen(record->id) - strlen(".desktop"));
	_cleanup_free_ char *file = xasprintf("%s.service", name), *text = NULL;
	struct error ignored = {0};
	size_t length;

	text = find_service(file, &length);
	if (!text)
		return;
	/* One that can't be wrapped starts nothing: rather that than the bare program. */
	if (menu_service_make(text, length, name, options, ret, &ignored) < 0)
		strbuf_printf(ret, "[D-BUS Service]\nName=%s\nExec=/bin/false\n", name);
	record->service = TAKE_PTR(file);
	hash_text(ret->text, ret->length, record->service_hash);
}

static int write_in_place(const char *path, const struct strbuf *text, struct error *e)
{
	_cleanup_free_ char *directory = xstrdup(path);
	int r;

	*strrchr(directory, '/') = '\0';
	r = make_directories(directory, e);
	return r < 0 ? r : write_file(path, text->text, text->length, e);
}

int menu_add(const struct menu_application *application, const char *hutch, const char *home,
	     const char *profile, bool force, struct error *e)
{
	_cleanup_menu_record_ struct menu_record record = {0}, before = {0};
	_cleanup_free_ char *path = entry_path(application->id), *text = NULL, *saved = NULL;
	_cleanup_free_ char *directory = NULL, *place = NULL, *kept = NULL;
	_cleanup_strbuf_ struct strbuf entry = {0}, service = {0};
	struct menu_options options = {hutch, home, profile, application->id};
	struct error ignored = {0};
	bool again = menu_record_read(application->id, &before, &ignored) == 0;
	size_t length;
	int r;

	if (again && (r = check_ours(path, before.entry_hash, force, e)) < 0)
		return r;
	if (again && !home && !profile) { /* as it was */
		options.home = before.home;
		options.profile = before.profile;
	}
	text = read_file(application->path, &length);
	if (!text)
		return error_errno(e, errno ? errno : EIO, "%s", application->path);
	r = menu_entry_make(text, length, &options, &entry, e);
	if (r < 0)
		return error_wrap(e, "%s", application->path);
	saved = record_path(application->id, "entry");
	record.id = xstrdup(application->id);
	/* The user's own is where it will have been moved to. */
	record.source = xstrdup(streq(application->path, path) ? saved : application->path);
	record.program = xstrdup(application->program);
	record.hutch = xstrdup(hutch);
	record.home = xstrdup(options.home);
	record.profile = xstrdup(options.profile);
	hash_text(text, length, record.source_hash);
	hash_text(entry.text, entry.length, record.entry_hash);
	make_service(&record, &options, &service);
	directory = record_path(record.id, "");
	directory[strlen(directory) - 1] = '\0';
	r = make_directories(directory, e);
	if (r == 0 && !again)
		r = keep_own(path, saved, e);
	if (r == 0 && record.service) {
		place = service_path(record.service);
		kept = record_path(record.id, "service");
		if (!again || !before.service)
			r = keep_own(place, kept, e);
	}
	if (r == 0)
		r = record_write(&record, e);
	if (r == 0)
		r = write_in_place(path, &entry, e);
	if (r == 0 && record.service)
		r = write_in_place(place, &service, e);
	return r;
}

int menu_remove(const char *id, bool force, struct error *e)
{
	_cleanup_menu_record_ struct menu_record record = {0};
	_cleanup_free_ char *path = entry_path(id), *saved = record_path(id, "entry");
	_cleanup_free_ char *menus = data_path("hutch/menus");
	_cleanup_fd_ int directory = -1;
	int r = menu_record_read(id, &record, e);

	if (r == 0)
		r = check_ours(path, record.entry_hash, force, e);
	if (r == 0 && record.service) {
		_cleanup_free_ char *place = service_path(record.service);
		_cleanup_free_ char *kept = record_path(id, "service");

		r = check_ours(place, record.service_hash, force, e);
		if (r == 0)
			r = put_back(place, kept, e);
	}
	if (r == 0)
		r = put_back(path, saved, e);
	if (r < 0)
		return r;
	directory = open(menus, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = directory < 0 ? -errno : tree_remove(directory, id);
	return r < 0 ? error_errno(e, -r, "removing %s/%s", menus, id) : 0;
}
