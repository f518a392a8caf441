// SPDX-License-Identifier: GPL-2.0-or-later
#include "manifest.h"

#include "base/string.h"

#include <errno.h>
#include <sys/utsname.h>

enum { LAYERS = 512 }; /* more than any tool makes */

typedef struct json_object json;

static void json_done(json **object)
{
	json_object_put(*object);
}

#define _cleanup_json_ __attribute__((cleanup(json_done)))

void image_free(struct image *image)
{
	vector_each (layer, &image->layers)
		free(layer->name);
	vector_free(&image->layers);
	free(image->config_name);
	json_object_put(image->config);
	*image = (struct image){0};
}

void manifest_digest(const void *data, size_t length, char ret[static DIGEST_SIZE])
{
	struct sha256_ctx context;

	sha256_init(&context);
	sha256_update(&context, length, data);
	digest_write(&context, ret);
}

static json *parse(const char *text, const char *what, struct error *e)
{
	json *object = json_tokener_parse(text);

	if (!object)
		error_set(e, EBADMSG, "the %s is no JSON", what);
	return object;
}

static json *member(json *object, const char *key, json_type type)
{
	json *value;

	return json_object_is_type(object, json_type_object) &&
			       json_object_object_get_ex(object, key, &value) &&
			       json_object_is_type(value, type)
		       ? value
		       : NULL;
}

static const char *text_member(json *object, const char *key)
{
	json *value = member(object, key, json_type_string);

	return value ? json_object_get_string(value) : NULL;
}

static int copy_digest(const char *text, const char *what, char ret[static DIGEST_SIZE],
		       struct error *e)
{
	if (!text || !digest_valid(text))
		return error_set(e, EBADMSG, "%s has no sha256 digest", what);
	memcpy(ret, text, DIGEST_SIZE);
	return 0;
}

/* A name in the archive, which is only ever compared with names. */
static int copy_name(json *value, char **ret, struct error *e)
{
	if (!json_object_is_type(value, json_type_string))
		return error_set(e, EBADMSG, "the manifest names no file");
	*ret = xstrdup(json_object_get_string(value));
	return 0;
}

static bool has_tag(json *image, const char *tag)
{
	json *tags = member(image, "RepoTags", json_type_array);

	for (size_t i = 0; tags && i < json_object_array_length(tags); i++) {
		const char *text = json_object_get_string(json_object_array_get_idx(tags, i));
		const char *last = text ? strrchr(text, ':') : NULL;

		if (text && (streq(text, tag) || (last && streq(last + 1, tag))))
			return true;
	}
	return false;
}

static json *choose_docker(json *list, const char *tag, struct error *e)
{
	size_t count = json_object_array_length(list);

	if (!tag && count == 1)
		return json_object_array_get_idx(list, 0);
	for (size_t i = 0; tag && i < count; i++)
		if (has_tag(json_object_array_get_idx(list, i), tag))
			return json_object_array_get_idx(list, i);
	if (tag) {
		error_set(e, ENOENT, "no image %s in it", tag);
	} else {
		error_set(e, EINVAL, "%zu images in it", count);
		error_remedy(e, "say which: docker-archive:FILE:TAG");
	}
	return NULL;
}

int manifest_docker(const char *text, const char *tag, struct image *ret, struct error *e)
{
	_cleanup_json_ json *list = parse(text, "manifest.json", e);
	json *image, *layers;
	size_t count;
	int r;

	if (!list)
		return -EBADMSG;
	if (!json_object_is_type(list, json_type_array))
		return error_set(e, EBADMSG, "manifest.json is no list of images");
	image = choose_docker(list, tag, e);
	if (!image)
		return -e->code;
	layers = member(image, "Layers", json_type_array);
	count = layers ? json_object_array_length(layers) : 0;
	if (count == 0 || count > LAYERS)
		return error_set(e, EBADMSG, "an image of %zu layers", count);
	r = copy_name(member(image, "Config", json_type_string), &ret->config_name, e);
	for (size_t i = 0; r == 0 && i < count; i++) {
		char *name = NULL;

		r = copy_name(json_object_array_get_idx(layers, i), &name, e);
		if (r == 0)
			vector_add(&ret->layers)->name = name;
	}
	return r;
}

/* As the image formats name the machine that this runs on. */
static const char *architecture(void)
{
	static const char *const names[][2] = {
		{"x86_64", "amd64"}, {"aarch64", "arm64"},   {"i686", "386"},
		{"armv7l", "arm"},   {"riscv64", "riscv64"}, {"ppc64le", "ppc64le"},
		{"s390x", "s390x"},
	};
	static struct utsname host;

	uname(&host);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (streq(host.machine, names[i][0]))
			return names[i][1];
	return host.machine;
}

static bool runs_here(json *manifest)
{
	json *platform = member(manifest, "platform", json_type_object);
	const char *machine = platform ? text_member(platform, "architecture") : NULL;
	const char *system = platform ? text_member(platform, "os") : NULL;

	return (!machine || streq(machine, architecture())) && (!system || streq(system, "linux"));
}

static const char *tag_of(json *manifest)
{
	json *notes = member(manifest, "annotations", json_type_object);

	return notes ? text_member(notes, "org.opencontainers.image.ref.name") : NULL;
}

int manifest_index(const char *text, const char *tag, char ret[static DIGEST_SIZE], bool *ret_index,
		   struct error *e)
{
	_cleanup_json_ json *index = parse(text, "index", e);
	json *list, *found = NULL;
	size_t count = 0;

	if (!index)
		return -EBADMSG;
	list = member(index, "manifests", json_type_array);
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		json *manifest = json_object_array_get_idx(list, i);
		const char *name = tag_of(manifest);

		if (!runs_here(manifest) || (tag && (!name || !streq(name, tag))))
			continue;
		if (!found || (!tag && name && streq(name, "latest")))
			found = manifest;
		count++;
	}
	if (!found)
		return error_set(e, ENOENT, "no image%s%s for %s in it", tag ? " " : "",
				 tag ? tag : "", architecture());
	if (count > 1 && !tag && !(tag_of(found) && streq(tag_of(found), "latest"))) {
		error_set(e, EINVAL, "%zu images in it", count);
		return error_remedy(e, "say which: oci:DIR:TAG");
	}
	*ret_index = text_member(found, "mediaType") &&
		     (strstr(text_member(found, "mediaType"), "image.index") ||
		      strstr(text_member(found, "mediaType"), "manifest.list"));
	return copy_digest(text_member(found, "digest"), "the index", ret, e);
}

int manifest_oci(const char *text, struct image *ret, struct error *e)
{
	_cleanup_json_ json *manifest = parse(text, "manifest", e);
	json *config, *layers;
	size_t count;
	int r;

	if (!manifest)
		return -EBADMSG;
	config = member(manifest, "config", json_type_object);
	layers = member(manifest, "layers", json_type_array);
	count = layers ? json_object_array_length(layers) : 0;
	if (!config || count == 0 || count > LAYERS)
		return error_set(e, EBADMSG, "a manifest of no image");
	r = copy_digest(text_member(config, "digest"), "the configuration", ret->id, e);
	if (r < 0)
		return r;
	ret->config_name = xstrdup(ret->id);
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct image_layer *layer = vector_add(&ret->layers);

		r = copy_digest(text_member(json_object_array_get_idx(layers, i), "digest"),
				"a layer", layer->packed, e);
		layer->name = xstrdup(layer->packed);
	}
	return r;
}

/* Only what is of the type that it should be. */
static void take(json *from, json *to, const char *key, json_type type)
{
	json *value = member(from, key, type);

	for (size_t i = 0; value && type == json_type_array && i < json_object_array_length(value);
	     i++)
		if (!json_object_is_type(json_object_array_get_idx(value, i), json_type_string))
			return;
	if (value)
		json_object_object_add(to, key, json_object_get(value));
}

int manifest_config(const char *text, struct image *image, struct error *e)
{
	_cleanup_json_ json *config = parse(text, "configuration", e);
	json *root, *ids, *how;
	int r = 0;

	if (!config)
		return -EBADMSG;
	root = member(config, "rootfs", json_type_object);
	ids = root ? member(root, "diff_ids", json_type_array) : NULL;
	if (!ids || json_object_array_length(ids) != image->layers.count)
		return error_set(e, EBADMSG, "the configuration is of another number of layers");
	for (size_t i = 0; r == 0 && i < image->layers.count; i++)
		r = copy_digest(json_object_get_string(json_object_array_get_idx(ids, i)),
				"a layer", image->layers.items[i].unpacked, e);
	if (r < 0)
		return r;
	image->config = json_object_new_object();
	how = member(config, "config", json_type_object);
	if (!how)
		return 0;
	take(how, image->config, "Env", json_type_array);
	take(how, image->config, "Entrypoint", json_type_array);
	take(how, image->config, "Cmd", json_type_array);
	take(how, image->config, "User", json_type_string);
	take(how, image->config, "WorkingDir", json_type_string);
	return 0;
}
