// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/image_store.h"

#include "base/fd.h"
#include "base/helper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEXT_LIMIT = 16 * 1024 * 1024 };

void image_free(struct image *image)
{
	free(image->id);
	free(image->root);
	free(image->user);
	free(image->directory);
	strv_free(&image->layers);
	strv_free(&image->environment);
	strv_free(&image->entrypoint);
	strv_free(&image->command);
	*image = (struct image){0};
}

char *images_path(const char *home)
{
	const char *data = getenv("XDG_DATA_HOME");

	return data && data[0] == '/' ? xasprintf("%s/hutch/images", data)
				      : xasprintf("%s/.local/share/hutch/images", home);
}

static const char *text_of(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) &&
			       json_object_is_type(value, json_type_string)
		       ? json_object_get_string(value)
		       : NULL;
}

static void take_list(struct json_object *object, const char *key, struct strv *ret)
{
	struct json_object *list;

	if (!json_object_object_get_ex(object, key, &list) ||
	    !json_object_is_type(list, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(list); i++)
		strv_add(ret, json_object_get_string(json_object_array_get_idx(list, i)));
}

static int take_description(const char *store, struct json_object *object, struct image *ret)
{
	const char *id = text_of(object, "id"), *root = text_of(object, "root");
	struct json_object *config, *bytes;

	if (!id || !root || root[0] == '/' || strstr(root, ".."))
		return -EBADMSG;
	ret->id = xstrdup(id);
	ret->root = xasprintf("%s/%s", store, root);
	take_list(object, "layers", &ret->layers);
	if (json_object_object_get_ex(object, "bytes", &bytes))
		ret->bytes = json_object_get_uint64(bytes);
	if (!json_object_object_get_ex(object, "config", &config))
		return 0;
	take_list(config, "Env", &ret->environment);
	take_list(config, "Entrypoint", &ret->entrypoint);
	take_list(config, "Cmd", &ret->command);
	ret->user = xstrdup(text_of(config, "User"));
	ret->directory = xstrdup(text_of(config, "WorkingDir"));
	return 0;
}

int image_read(const char *store, const char *id, struct image *ret, int *ret_lock, struct error *e)
{
	const char *hex = startswith(id, "sha256:");
	_cleanup_free_ char *directory = xasprintf("%s/roots/sha256-%s", store, hex ? hex : "");
	_cleanup_free_ char *path = xasprintf("%s/image.json", directory);
	_cleanup_free_ char *lock_path = xasprintf("%s/lock", directory), *text = NULL;
	_cleanup_fd_ int lock = -1, fd = -1;
	struct json_object *object;
	size_t length;
	int r;

	if (!hex || strspn(hex, "0123456789abcdef") != 64 || hex[64])
		return error_set(e, EINVAL, "%s is no image", id);
	lock = open(lock_path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (lock < 0 || flock(lock, LOCK_SH) < 0)
		return error_errno(e, errno, "image %s", id);
	/* After the lock: it may have been removed in between. */
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_errno(e, errno, "image %s", id);
	r = fd_read_all(fd, path, TEXT_LIMIT, &text, &length, e);
	if (r < 0)
		return r;
	object = json_tokener_parse(text);
	r = take_description(store, object, ret);
	json_object_put(object);
	if (r < 0)
		return error_set(e, -r, "%s: damaged", path);
	if (ret_lock)
		*ret_lock = TAKE_FD(lock);
	return 0;
}

int images_list(const char *store, struct strv *ret, struct error *e)
{
	_cleanup_free_ char *path = xasprintf("%s/roots", store);
	DIR *list = opendir(path);
	struct dirent *entry;

	if (!list)
		return errno == ENOENT ? 0 : error_errno(e, errno, "%s", path);
	while ((entry = readdir(list))) {
		const char *hex = startswith(entry->d_name, "sha256-");

		if (hex)
			strv_take(ret, xasprintf("sha256:%s", hex));
	}
	closedir(list);
	return 0;
}

static int spawn(const char *program, const struct strv *arguments, int output, pid_t *ret,
		 struct error *e)
{
	_cleanup_free_ char **argv = xcalloc(arguments->count + 2, sizeof(*argv));
	char *environment[] = {NULL};
	posix_spawn_file_actions_t actions;
	int code;

	argv[0] = (char *)"hutch-image";
	for (size_t i = 0; i < arguments->count; i++)
		argv[i + 1] = arguments->items[i];
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	code = posix_spawn(ret, program, &actions, NULL, argv, environment);
	posix_spawn_file_actions_destroy(&actions);
	return code ? error_errno(e, code, "running %s", program) : 0;
}

/* What the helper said: its answer, or its message. */
static int take_answer(const char *text, int status, struct json_object **ret_answer,
		       struct error *e)
{
	struct json_object *answer = json_tokener_parse(text);
	const char *message = answer ? text_of(answer, "error") : NULL;
	const char *remedy = answer ? text_of(answer, "remedy") : NULL;
	int r = 0;

	if (message)
		r = error_set(e, EINVAL, "%s", message);
	else if (!answer || !WIFEXITED(status) || WEXITSTATUS(status))
		r = error_set(e, ECHILD, "hutch-image ended without an answer");
	if (r < 0 && remedy && *remedy)
		error_remedy(e, "%s", remedy);
	if (r == 0 && ret_answer)
		*ret_answer = json_object_get(answer);
	json_object_put(answer);
	return r;
}

int image_helper(const struct strv *arguments, struct json_object **ret_answer, struct error *e)
{
	_cleanup_free_ char *program = helper_path("hutch-image"), *text = NULL;
	_cleanup_fd_ int input = -1, output = -1;
	int pair[2], status = 0, r;
	size_t length;
	pid_t pid;

	if (!program) {
		error_set(e, ENOENT, "the program hutch-image is missing, which unpacks images");
		return error_remedy(e, "install hutch whole; a directory needs no unpacking");
	}
	if (pipe2(pair, O_CLOEXEC) < 0)
		return error_errno(e, errno, "making a pipe");
	input = pair[0];
	output = pair[1];
	r = spawn(program, arguments, output, &pid, e);
	output = fd_close(output);
	if (r < 0)
		return r;
	r = fd_read_all(input, "hutch-image", TEXT_LIMIT, &text, &length, e);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return r < 0 ? r : take_answer(text, status, ret_answer, e);
}
