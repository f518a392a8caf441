// SPDX-License-Identifier: GPL-2.0-or-later
/* The descriptions of an image, all an attacker's: only digests in their one form and plain texts come through. */
#include "fuzz.h"

#include "manifest.h"

#include "base/string.h"

static void check_layers(struct image *image)
{
	vector_each (layer, &image->layers)
		if (!layer->name || (layer->packed[0] && !digest_valid(layer->packed)) ||
		    (layer->unpacked[0] && !digest_valid(layer->unpacked)))
			abort();
}

static void check_config(const char *text, size_t layers)
{
	struct image image = {0};
	struct error e = {0};

	while (layers--)
		vector_add(&image.layers)->name = xstrdup("l");
	if (manifest_config(text, &image, &e) < 0 ? !e.text[0] : !image.config)
		abort();
	check_layers(&image);
	image_free(&image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = xmemdup(data, size);
	char digest[DIGEST_SIZE] = "";
	struct image docker = {0}, oci = {0};
	struct error e = {0};
	bool index;

	if (manifest_docker(text, size % 2 ? "a:b" : NULL, &docker, &e) < 0 && !e.text[0])
		abort();
	check_layers(&docker);
	image_free(&docker);
	e = (struct error){0};
	if (manifest_index(text, size % 2 ? "latest" : NULL, digest, &index, &e) < 0
		    ? !e.text[0]
		    : !digest_valid(digest))
		abort();
	e = (struct error){0};
	if (manifest_oci(text, &oci, &e) < 0 && !e.text[0])
		abort();
	check_layers(&oci);
	image_free(&oci);
	check_config(text, 1);
	return 0;
}
