// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/request.h"

const struct setting *request_last(const struct request *request, enum setting_id id)
{
	for (size_t i = request->settings.count; i > 0; i--)
		if (request->settings.items[i - 1].id == id)
			return &request->settings.items[i - 1];
	return NULL;
}

int request_choice(const struct request *request, enum setting_id id, int otherwise)
{
	const struct setting *setting = request_last(request, id);

	return setting ? setting->choice : otherwise;
}

bool request_flag(const struct request *request, enum setting_id id)
{
	const struct setting *setting = request_last(request, id);

	return setting && setting->flag;
}

const char *request_text(const struct request *request, enum setting_id id, const char *otherwise)
{
	const struct setting *setting = request_last(request, id);

	return setting ? setting->text : otherwise;
}

char *setting_origin(const struct setting *setting)
{
	const char *space = setting->text && *setting->text ? " " : "";
	const char *text = setting->text ? setting->text : "";

	if (!setting->origin.file)
		return xasprintf("--%s%s%s", setting->name, space, text);
	if (!setting->origin.line)
		return xasprintf("%s: %s%s%s", setting->origin.file, setting->name, space, text);
	return xasprintf("%s:%u: %s%s%s", setting->origin.file, setting->origin.line, setting->name,
			 space, text);
}

void setting_free(struct setting *setting)
{
	switch ((int)setting->id) {
	case SETTING_RO:
	case SETTING_RW:
	case SETTING_DATA:
	case SETTING_HIDE:
	case SETTING_TMPFS:
	case SETTING_OVERLAY:
	case SETTING_COPY:
	case SETTING_DEV:
	case SETTING_SYMLINK:
	case SETTING_NOEXEC:
	case SETTING_SOUND_PLAY:
	case SETTING_SOUND_RECORD:
		free(setting->path.path);
		free(setting->path.destination);
		break;
	case SETTING_ENV:
	case SETTING_RLIMIT:
		free(setting->pair.name);
		free(setting->pair.value);
		break;
	case SETTING_IO_READ:
	case SETTING_IO_WRITE:
	case SETTING_IO_READ_OPS:
	case SETTING_IO_WRITE_OPS:
		free(setting->amount.path);
		break;
	default:
		break;
	}
	free(setting->text);
	free(setting->origin.file);
}

void request_free(struct request *request)
{
	vector_each (setting, &request->settings)
		setting_free(setting);
	vector_free(&request->settings);
	strv_free(&request->arguments);
	free(request->profile);
	free(request->session);
	request->session = NULL;
	request->profile = NULL;
}
