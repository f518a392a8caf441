// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Device classes: which nodes a name like "gamepad" stands for on this host.
 *
 * The kernel says in /sys what each device is and where its node is, so nothing is guessed from names in
 * /dev, and a class never grants a neighbour: of /dev/input only joysticks (a keyboard there would read all that
 * is typed), of /dev/hidraw* only security keys, of a graphics card the node that draws and not
 * the one that sets what the screen shows, where it has both. Nodes are bound; a node made here would open
 * nothing. What programs read in /sys to use a device is shown with it: the directory of that device, the
 * links that lead there, and udev's file about it.
 *
 * Devices are looked up when the program starts. One that is plugged in later is not there, but for
 * the class `usb`, which shows all of the bus.
 */
#include "plan/devices.h"

#include "base/fd.h"
#include "kernel/mount.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A description is a page of memory; a report descriptor at most HID_MAX_DESCRIPTOR_SIZE. */
#define ATTRIBUTE_LIMIT 8192

const struct device_host this_host = {"/sys", "/dev", "/run/udev/data"};

void device_paths_free(struct device_paths *paths)
{
	strv_free(&paths->nodes);
	strv_free(&paths->files);
}

static void add_once(struct strv *list, const char *path)
{
	if (!strv_has(list, path))
		strv_add(list, path);
}

/* A path of the host's as programs know it: "/sys" for where its description is. */
static void add_file(struct device_paths *paths, const char *root, const char *shown,
		     const char *path)
{
	const char *rest = path_below(path, root);
	_cleanup_free_ char *full = rest ? xasprintf("%s%s", shown, rest) : NULL;

	if (full && access(path, F_OK) == 0)
		add_once(&paths->files, full);
}

/* An attribute of a device; NULL where it has none. The caller frees it. */
static char *attribute(const char *directory, const char *name, size_t *ret_length)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", directory, name);
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *data = NULL;

	if (fd < 0 || fd_read_all(fd, name, ATTRIBUTE_LIMIT, &data, ret_length, NULL) < 0)
		return NULL;
	if (!ret_length)
		data[strcspn(data, "\n")] = '\0';
	return data;
}

/* The value of NAME=VALUE in a device's uevent, to be freed by the caller. */
static char *property(const char *directory, const char *name)
{
	_cleanup_free_ char *data = NULL;
	size_t length;

	data = attribute(directory, "uevent", &length);
	for (const char *line = data; line && *line;) {
		const char *value = startswith(line, name);
		size_t end = strcspn(line, "\n");

		if (value && *value == '=')
			return xstrndup(value + 1, end - (size_t)(value + 1 - line));
		line += end + (line[end] == '\n');
	}
	return NULL;
}

/* The node of a device, where it has one here; and what tells of it. */
static void add_node(const struct device_host *host, const char *directory,
		     struct device_paths *paths)
{
	_cleanup_free_ char *name = property(directory, "DEVNAME");
	_cleanup_free_ char *number = attribute(directory, "dev", NULL);
	_cleanup_free_ char *node = NULL, *link = NULL, *known = NULL, *shown = NULL;

	if (!name || !number || strstr(name, "..") || strchr(number, '/'))
		return;
	node = xasprintf("%s/%s", host->dev, name);
	if (access(node, F_OK) < 0)
		return;
	shown = xasprintf("/dev/%s", name);
	add_once(&paths->nodes, shown);
	link = xasprintf("%s/dev/char/%s", host->sys, number);
	add_file(paths, host->sys, "/sys", link);
	known = xasprintf("%s/c%s", host->udev, number);
	add_file(paths, host->udev, this_host.udev, known);
}

/* Names in a directory, sorted, without those that begin with a dot. */
static void names_in(const char *directory, struct strv *ret)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			strv_add(ret, entry->d_name);
	if (dir)
		closedir(dir);
	strv_sort(ret);
}

/* The directory that a link of /sys leads to, which has to be there as well; NULL: it leads elsewhere. */
static char *resolve(const struct device_host *host, const char *path)
{
	char *real = realpath(path, NULL);
	_cleanup_free_ char *root = realpath(host->sys, NULL);

	if (real && root && path_below(real, root))
		return real;
	free(real);
	return NULL;
}

/* A device whose description holds all that belongs to it: that directory, shown at its own place. */
static void add_description(const struct device_host *host, const char *directory, const char *part,
			    struct device_paths *paths)
{
	_cleanup_free_ char *path = xasprintf("%s%s", directory, part);
	_cleanup_free_ char *real = resolve(host, path), *root = realpath(host->sys, NULL);

	if (real && root)
		add_file(paths, root, "/sys", real);
}

/* The devices of one kind in /sys, each with its name and its own directory. */
typedef void (*take_device)(const struct device_host *host, const char *name, const char *directory,
			    struct device_paths *paths);

static void each_device(const struct device_host *host, const char *below, take_device take,
			struct device_paths *paths)
{
	_cleanup_free_ char *directory = xasprintf("%s/%s", host->sys, below);
	_cleanup_strv_ struct strv names = {0};

	names_in(directory, &names);
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *link = xasprintf("%s/%s", directory, names.items[i]);
		_cleanup_free_ char *real = resolve(host, link);
		size_t before = paths->nodes.count;

		if (!real)
			continue;
		take(host, names.items[i], real, paths);
		if (paths->nodes.count > before)
			add_file(paths, host->sys, "/sys", link);
	}
}

/*
 * The node for drawing. The other one, which also sets what is on the screen, only where the driver has no such
 * node: then drawing goes through it.
 */
static void take_gpu(const struct device_host *host, const char *name, const char *directory,
		     struct device_paths *paths)
{
	_cleanup_free_ char *siblings = xasprintf("%s/device/drm", directory);
	_cleanup_strv_ struct strv names = {0};
	bool draws = startswith(name, "renderD") != NULL;

	if (!draws && (!startswith(name, "card") || strchr(name, '-')))
		return;
	names_in(siblings, &names);
	for (size_t i = 0; !draws && i < names.count; i++)
		if (startswith(names.items[i], "renderD"))
			return;
	add_node(host, directory, paths);
	/* Libdrm asks for the maker and model of the card itself. */
	add_description(host, directory, "/device", paths);
}

/* The driver of NVIDIA makes its nodes by itself, so /sys knows only of its cards. */
static void find_nvidia(const struct device_host *host, struct device_paths *paths)
{
	_cleanup_strv_ struct strv names = {0};

	names_in(host->dev, &names);
	for (size_t i = 0; i < names.count; i++) {
		const char *rest = startswith(names.items[i], "nvidia");
		_cleanup_free_ char *node = xasprintf("/dev/%s", names.items[i]);

		if (rest && (streq(rest, "ctl") || streq(rest, "-modeset") || streq(rest, "-uvm") ||
			     streq(rest, "-uvm-tools") || streq(rest, "-caps") ||
			     (*rest && strspn(rest, "0123456789") == strlen(rest))))
			add_once(&paths->nodes, node);
	}
}

static void find_gpu(const struct device_host *host, struct device_paths *paths)
{
	each_device(host, "class/drm", take_gpu, paths);
	find_nvidia(host, paths);
}

/* Other names there are receivers of radio and teletext, and parts of a device. */
static void take_camera(const struct device_host *host, const char *name, const char *directory,
			struct device_paths *paths)
{
	if (!startswith(name, "video"))
		return;
	add_node(host, directory, paths);
	add_description(host, directory, "/device", paths);
}

/* How the parts of a camera are joined: on the same device as one. */
static void take_media(const struct device_host *host, const char *name, const char *directory,
		       struct device_paths *paths)
{
	_cleanup_free_ char *device = xasprintf("%s/device", directory);
	_cleanup_free_ char *real = resolve(host, device), *root = realpath(host->sys, NULL);
	const char *rest = real && root ? path_below(real, root) : NULL;
	_cleanup_free_ char *shown = rest ? xasprintf("/sys%s", rest) : NULL;

	for (size_t i = 0; shown && i < paths->files.count; i++)
		if (streq(paths->files.items[i], shown)) {
			add_node(host, directory, paths);
			return;
		}
}

static void find_camera(const struct device_host *host, struct device_paths *paths)
{
	each_device(host, "class/video4linux", take_camera, paths);
	each_device(host, "bus/media/devices", take_media, paths);
}

/* Whether bit @bit is set in what the kernel prints of a bitmap: words of a long, highest first. */
static bool has_bit(const char *bitmap, unsigned bit)
{
	const size_t width = sizeof(long) * CHAR_BIT;
	size_t skip = bit / width;
	const char *at = bitmap + strlen(bitmap);

	for (;;) {
		const char *end = at;

		while (at > bitmap && at[-1] != ' ')
			at--;
		if (at == end)
			return false;
		if (!skip)
			return strtoul(at, NULL, 16) >> (bit % width) & 1;
		skip--;
		while (at > bitmap && at[-1] == ' ')
			at--;
	}
}

static bool has_any(const char *bitmap, unsigned first, unsigned last)
{
	for (unsigned bit = first; bit <= last; bit++)
		if (has_bit(bitmap, bit))
			return true;
	return false;
}

/*
 * A joystick, gamepad or wheel, and nothing with letters on it: numbers of
 * linux/input-event-codes.h. Keyboards and mice exist that claim to have a joystick's buttons.
 */
static bool is_joystick(const char *directory)
{
	_cleanup_free_ char *device = xasprintf("%s/device/capabilities", directory);
	_cleanup_free_ char *keys = attribute(device, "key", NULL);
	_cleanup_free_ char *axes = attribute(device, "abs", NULL);
	enum { KEY_1 = 2, KEY_SPACE = 57, MOUSE = 0x110, TASK = 0x117 };
	enum { JOYSTICK = 0x120, THUMB_RIGHT = 0x13e, DIGI = 0x140, GEAR_UP = 0x151 };
	enum { WHEEL = 0x150, HAPPY_1 = 0x2c0, HAPPY_40 = 0x2e7 };

	if (!keys || !axes || has_any(keys, KEY_1, KEY_SPACE) || has_any(keys, MOUSE, TASK) ||
	    has_any(keys, DIGI, WHEEL - 1))
		return false;
	return has_any(axes, 0, 5) &&
	       (has_any(keys, JOYSTICK, THUMB_RIGHT) || has_any(keys, WHEEL, GEAR_UP) ||
		has_any(keys, HAPPY_1, HAPPY_40));
}

static void take_gamepad(const struct device_host *host, const char *name, const char *directory,
			 struct device_paths *paths)
{
	if ((!startswith(name, "event") && !startswith(name, "js")) || !is_joystick(directory))
		return;
	add_node(host, directory, paths);
	add_description(host, directory, "/device", paths);
}

static void find_gamepad(const struct device_host *host, struct device_paths *paths)
{
	each_device(host, "class/input", take_gamepad, paths);
}

bool devices_is_fido(const unsigned char *descriptor, size_t length)
{
	enum { LONG_ITEM = 0xfe, USAGE_PAGE = 0x04, PUSH = 0xa4, POP = 0xb4 };
	enum { COLLECTION = 0xa0, END_COLLECTION = 0xc0, FIDO = 0xf1d0 };
	unsigned page = 0, depth = 0, keys = 0;
	size_t at = 0;

	while (at < length) {
		unsigned prefix = descriptor[at++], size = prefix & 3, value = 0;

		/* Longer items and saved states are legal, but no security key has them; what is
		   not understood is not let through. */
		if (prefix == LONG_ITEM || (prefix & 0xfc) == PUSH || (prefix & 0xfc) == POP)
			return false;
		size = size == 3 ? 4 : size;
		if (size > length - at)
			return false;
		for (unsigned i = 0; i < size; i++)
			value |= (unsigned)descriptor[at + i] << (8 * i);
		at += size;
		switch (prefix & 0xfc) {
		case USAGE_PAGE:
			page = value;
			break;
		case COLLECTION:
			if (!depth++) {
				if (page != FIDO)
					return false;
				keys++;
			}
			break;
		case END_COLLECTION:
			if (!depth--)
				return false;
			break;
		default:
			break;
		}
	}
	return keys && !depth;
}

static void take_fido(const struct device_host *host, const char *name, const char *directory,
		      struct device_paths *paths)
{
	_cleanup_free_ char *device = xasprintf("%s/device", directory);
	size_t length = 0;
	_cleanup_free_ char *descriptor = attribute(device, "report_descriptor", &length);

	if (!descriptor || !devices_is_fido((const unsigned char *)descriptor, length))
		return;
	add_node(host, directory, paths);
	add_description(host, directory, "/device", paths);
}

static void find_fido(const struct device_host *host, struct device_paths *paths)
{
	each_device(host, "class/hidraw", take_fido, paths);
}

/* All of the bus, with what is plugged in later. */
static void take_usb(const struct device_host *host, const char *name, const char *directory,
		     struct device_paths *paths)
{
	/* Those of a root hub; all others are below them. */
	if (startswith(name, "usb"))
		add_description(host, directory, "", paths);
}

static void find_usb(const struct device_host *host, struct device_paths *paths)
{
	_cleanup_free_ char *bus = xasprintf("%s/bus/usb", host->dev);
	_cleanup_free_ char *devices = xasprintf("%s/bus/usb", host->sys);

	if (access(bus, F_OK) < 0)
		return;
	add_once(&paths->nodes, "/dev/bus/usb");
	each_device(host, "bus/usb/devices", take_usb, paths);
	add_file(paths, host->sys, "/sys", devices);
}

/* "usb:VENDOR:PRODUCT", four digits of base 16 each. */
static bool is_usb_class(const char *class)
{
	const char *id = startswith(class, "usb:"), *digits = "0123456789abcdefABCDEF";

	return id && strlen(id) == 9 && strspn(id, digits) == 4 && id[4] == ':' &&
	       strspn(id + 5, digits) == 4;
}

static void find_usb_device(const struct device_host *host, const char *id,
			    struct device_paths *paths)
{
	_cleanup_free_ char *directory = xasprintf("%s/bus/usb/devices", host->sys);
	_cleanup_strv_ struct strv names = {0};

	names_in(directory, &names);
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *link = xasprintf("%s/%s", directory, names.items[i]);
		_cleanup_free_ char *real = resolve(host, link);
		_cleanup_free_ char *vendor = real ? attribute(real, "idVendor", NULL) : NULL;
		_cleanup_free_ char *product = real ? attribute(real, "idProduct", NULL) : NULL;
		_cleanup_free_ char *both =
			xasprintf("%s:%s", vendor ? vendor : "", product ? product : "");
		size_t before = paths->nodes.count;

		if (!vendor || !product || strcasecmp(both, id) != 0)
			continue;
		add_node(host, real, paths);
		if (paths->nodes.count == before)
			continue;
		add_file(paths, host->sys, "/sys", link);
		add_description(host, real, "", paths);
	}
}

static void find_serial_port(const struct device_host *host, struct device_paths *paths)
{
	_cleanup_strv_ struct strv names = {0};

	names_in(host->dev, &names);
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *node = xasprintf("/dev/%s", names.items[i]);

		if (startswith(names.items[i], "ttyUSB") || startswith(names.items[i], "ttyACM"))
			add_once(&paths->nodes, node);
	}
}

/* What has a place of its own in /dev needs no looking up. */
static const struct {
	const char *class, *name;
	void (*find)(const struct device_host *host, struct device_paths *paths);
} classes[] = {
	{"gpu", NULL, find_gpu},
	{"nvidia", NULL, find_nvidia},
	{"camera", NULL, find_camera},
	{"gamepad", NULL, find_gamepad},
	{"fido", NULL, find_fido},
	{"usb", NULL, find_usb},
	{"serial", NULL, find_serial_port},
	{"kvm", "kvm", NULL},
	{"fuse", "fuse", NULL},
	{"tun", "net/tun", NULL},
	{"audio", "snd", NULL},
	{"input", "input", NULL},
	{"dri", "dri", NULL},
	{"kfd", "kfd", NULL},
	{"ntsync", "ntsync", NULL},
};

#define CLASS_COUNT (sizeof(classes) / sizeof(classes[0]))

static int unknown_class(const char *class, struct error *e)
{
	const char *names[CLASS_COUNT], *near;
	_cleanup_strbuf_ struct strbuf all = {0};

	for (size_t i = 0; i < CLASS_COUNT; i++) {
		names[i] = classes[i].class;
		strbuf_printf(&all, "%s, ", names[i]);
	}
	error_set(e, EINVAL, "no such class of devices");
	near = string_nearest(class, names, CLASS_COUNT);
	return near ? error_remedy(e, "did you mean \"%s\"?", near)
		    : error_remedy(e, "one of %susb:VENDOR:PRODUCT, or a path below /dev",
				   all.text);
}

int devices_find(const struct device_host *host, const char *class, struct device_paths *ret,
		 struct error *e)
{
	bool known = is_usb_class(class);

	if (known)
		find_usb_device(host, class + strlen("usb:"), ret);
	for (size_t i = 0; i < CLASS_COUNT; i++) {
		_cleanup_free_ char *node = NULL, *shown = NULL;

		if (!streq(classes[i].class, class))
			continue;
		known = true;
		if (classes[i].find) {
			classes[i].find(host, ret);
			continue;
		}
		node = xasprintf("%s/%s", host->dev, classes[i].name);
		shown = xasprintf("/dev/%s", classes[i].name);
		if (access(node, F_OK) == 0)
			strv_add(&ret->nodes, shown);
	}
	if (!known)
		return unknown_class(class, e);
	return ret->nodes.count ? 0 : error_set(e, ENOENT, "this machine has none");
}

/* A node, or a directory of nodes. */
static int add_node_rule(struct rules *rules, const struct setting *setting, size_t rank,
			 const char *path, const char *origin, struct error *e)
{
	struct rule *rule;
	int r = rules_add_bind(rules, path, path, true, rank, origin, e);
	mode_t type;

	if (r < 0)
		return r;
	rule = &rules->list.items[rules->list.count - 1];
	rule->setting = setting;
	if (rule->absent)
		return error_errno(e, ENOENT, "%s: %s", origin, path);
	type = rule->mount.identity.mode & S_IFMT;
	if (type != S_IFCHR && type != S_IFBLK && type != S_IFDIR)
		return error_set(e, ENODEV, "%s: %s: not a device", origin, path);
	/* Read-only is the node, not the device: its permissions and times are the host's. */
	rule->mount.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY;
	rule->mount.clear = MOUNT_ATTR_NODEV;
	return 0;
}

static int add_file_rule(struct rules *rules, const struct setting *setting, size_t rank,
			 const char *path, const char *origin, struct error *e)
{
	int r = rules_add_bind(rules, path, path, false, rank, origin, e);
	struct rule *rule;

	if (r < 0)
		return r;
	rule = &rules->list.items[rules->list.count - 1];
	rule->setting = setting;
	rule->mount.set |= MOUNT_ATTR_NOEXEC;
	if (!rule->absent)
		return 0;
	rule_done(rule);
	rules->list.count--;
	return 0;
}

int devices_plan(struct rules *rules, const struct setting *setting, size_t rank, struct error *e)
{
	_cleanup_free_ char *origin = setting_origin(setting);
	_cleanup_device_paths_ struct device_paths paths = {0};
	const char *class = setting->path.path;
	int r;

	if (class[0] == '/') {
		_cleanup_free_ char *path = path_absolute("/", class);

		if (!path_below(path, "/dev") || streq(path, "/dev"))
			return error_set(e, EINVAL, "%s: not a path below /dev", origin);
		if (setting->path.optional && access(path, F_OK) < 0)
			return 0;
		return add_node_rule(rules, setting, rank, path, origin, e);
	}
	r = devices_find(&this_host, class, &paths, e);
	if (r == -ENOENT && setting->path.optional)
		return 0;
	if (r < 0)
		return error_wrap(e, "%s", origin);
	for (size_t i = 0; r == 0 && i < paths.nodes.count; i++)
		r = add_node_rule(rules, setting, rank, paths.nodes.items[i], origin, e);
	for (size_t i = 0; r == 0 && i < paths.files.count; i++)
		r = add_file_rule(rules, setting, rank, paths.files.items[i], origin, e);
	return r;
}
