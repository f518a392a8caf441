// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files that hutch wrote and others may have changed or cut: what is known of a session, its journal, the files it has
 * seen, what the host had when it began, an image's description, the strings of an exec. The first byte says which.
 */
#include "fuzz.h"

#include "place.h"

#include "engine/session_began.h"
#include "engine/session_seen.h"
#include "plan/image_store.h"

#include <sys/mman.h>

#include "../../sandbox/engine/control.c"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void read_known(const char *path, int place, const uint8_t *data, size_t size)
{
	_cleanup_session_ struct session session = SESSION_NONE;
	struct error e = {0};
	bool is_busy;

	mkdirat(place, "s", 0700);
	place_write(place, "s/session", data, size);
	if (session_look(path, "s", &session, &is_busy, &e) < 0 && !e.text[0])
		abort();
	vector_each (layer, &session.layers) {
		int fd = session_open_upper(&session, layer);

		if (fd >= 0)
			abort();
	}
}

static void read_journal(int place, const uint8_t *data, size_t size)
{
	const struct session session = {.fd = place, .directory = (char *)"/s"};
	_cleanup_journal_ struct journal journal = JOURNAL_NONE;
	struct error e = {0};

	mkdirat(place, "apply", 0700);
	mkdirat(place, "apply/saved", 0700);
	place_write(place, "apply/plan", data, size);
	/* The records are the end of it. */
	place_write(place, "apply/done", data + size / 2, size - size / 2);
	if (journal_read(&session, &journal, &e) < 0 && !e.text[0])
		abort();
	if (journal.done.count != journal.steps.count ||
	    journal.undone.count != journal.steps.count)
		abort();
}

static void read_seen(int place, const uint8_t *data, size_t size)
{
	const struct session session = {.fd = place};
	struct seen seen = {0};
	struct stat now = {.st_ino = 1};

	place_write(place, "seen", data, size);
	seen_read(&session, &seen);
	/* Sorted and searched, also where a path is there twice. */
	vector_each (file, &seen.list)
		seen_is(&seen, file->layer, file->path, &now);
	if (seen_is(&seen, 7777, "no such", &now))
		abort();
	seen_free(&seen);
}

static void read_began(int place, const uint8_t *data, size_t size)
{
	const struct session session = {.fd = place};
	struct began began = {0};

	place_write(place, "began", data, size);
	began_read(&session, &began);
	vector_each (directory, &began.list) {
		if (!began_find(&began, directory->layer, directory->path))
			abort();
		began_has(directory, "name");
	}
	began_free(&began);
}

static void read_image(const char *path, int place, const uint8_t *data, size_t size)
{
	struct image image = {0};
	struct error e = {0};

	mkdirat(place, "roots", 0700);
	mkdirat(place, "roots/sha256-" ID, 0700);
	place_write(place, "roots/sha256-" ID "/lock", data, 0);
	place_write(place, "roots/sha256-" ID "/image.json", data, size);
	if (image_read(path, "sha256:" ID, &image, NULL, &e) < 0 ? !e.text[0]
								 : strstr(image.root, "..") != NULL)
		abort();
	image_free(&image);
}

static void read_exec(const uint8_t *data, size_t size)
{
	const struct control_request request = {.arguments = size % 5, .variables = size % 3};
	struct exec_wish wish = {0};
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("strings", MFD_CLOEXEC);
	if (ftruncate(fd, 0) < 0 || pwrite(fd, data, size, 0) != (ssize_t)size ||
	    lseek(fd, 0, SEEK_SET) < 0)
		abort();
	if (read_strings(&request, fd, &wish) == 0 && (wish.arguments.count != request.arguments ||
						       wish.variables.count != request.variables))
		abort();
	strv_free(&wish.arguments);
	strv_free(&wish.variables);
	free(wish.directory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	int place = place_of_fuzzing(path);

	if (!size)
		return 0;
	switch (*data++ % 6) {
	case 0:
		read_known(path, place, data, size - 1);
		break;
	case 1:
		read_journal(place, data, size - 1);
		break;
	case 2:
		read_seen(place, data, size - 1);
		break;
	case 3:
		read_image(path, place, data, size - 1);
		break;
	case 4:
		read_exec(data, size - 1);
		break;
	default:
		read_began(place, data, size - 1);
	}
	return 0;
}
