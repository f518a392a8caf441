// SPDX-License-Identifier: GPL-2.0-or-later
/* Device classes, looked up in a made-up /sys and /dev. */
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "plan/devices.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/test_devices.XXXXXX";
static struct device_host host = {"sys", "dev", "udev"};

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path);
}

static int set_up(void **state)
{
	strcpy(strrchr(directory, '.'), ".XXXXXX");
	assert_non_null(mkdtemp(directory));
	assert_int_equal(chdir(directory), 0);
	for (const char *const *each = (const char *const[]){"sys", "dev", "udev", NULL}; *each;
	     each++)
		assert_int_equal(mkdir(*each, 0700), 0);
	return 0;
}

static int tear_down(void **state)
{
	return nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_parents(const char *path)
{
	_cleanup_free_ char *way = xstrdup(path);

	for (char *slash = strchr(way, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(way, 0700);
		*slash = '/';
	}
}

static void put_bytes(const char *path, const void *data, size_t length)
{
	int fd;

	make_parents(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, length), (ssize_t)length);
	close(fd);
}

static void put(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text));
}

static void put_in(const char *below, const char *name, const char *text)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", below, name);

	put(path, text);
}

static void link_to(const char *path, const char *target)
{
	make_parents(path);
	assert_int_equal(symlink(target, path), 0);
}

/* A device of @class: /sys/devices/@owner/…/@name, with a node, and links from where they are listed. */
static char *put_device(const char *list, const char *owner, const char *name, const char *node,
			const char *number)
{
	char *real = xasprintf("sys/devices/%s/%s", owner, name);
	_cleanup_free_ char *target = xasprintf("../../devices/%s/%s", owner, name);
	_cleanup_free_ char *listed = xasprintf("sys/%s/%s", list, name);
	_cleanup_free_ char *by_number = xasprintf("sys/dev/char/%s", number);
	_cleanup_free_ char *uevent = xasprintf("MAJOR=1\nDEVNAME=%s\n", node);
	_cleanup_free_ char *path = xasprintf("dev/%s", node);
	_cleanup_free_ char *known = xasprintf("udev/c%s", number);
	_cleanup_free_ char *line = xasprintf("%s\n", number);

	put_in(real, "dev", line);
	put_in(real, "uevent", uevent);
	link_to(listed, target);
	link_to(by_number, target);
	put(path, "");
	put(known, "E:X=1\n");
	return real;
}

static bool has(const struct strv *list, const char *wanted)
{
	for (size_t i = 0; i < list->count; i++)
		if (streq(list->items[i], wanted))
			return true;
	return false;
}

static struct device_paths find(const char *class)
{
	struct device_paths paths = {0};
	struct error e = {0};

	assert_int_equal(devices_find(&host, class, &paths, &e), 0);
	return paths;
}

static void assert_none(const char *class)
{
	_cleanup_device_paths_ struct device_paths paths = {0};
	struct error e = {0};

	assert_int_equal(devices_find(&host, class, &paths, &e), -ENOENT);
	assert_int_equal((int)paths.nodes.count, 0);
}

static void put_card(void)
{
	_cleanup_free_ char *card =
		put_device("class/drm", "pci0/0000:00:02.0/drm", "card0", "dri/card0", "226:0");
	_cleanup_free_ char *path = xasprintf("%s/device", card);

	link_to(path, "../../../0000:00:02.0");
	put("sys/devices/pci0/0000:00:02.0/vendor", "0x8086\n");
}

static void a_card_is_drawn_with_not_switched(void **state)
{
	_cleanup_free_ char *render = NULL, *path = NULL;
	_cleanup_device_paths_ struct device_paths paths = {0}, only_card = {0};

	put_card();
	/* A driver without a node for drawing. */
	only_card = find("gpu");
	assert_int_equal((int)only_card.nodes.count, 1);
	assert_string_equal(only_card.nodes.items[0], "/dev/dri/card0");

	render = put_device("class/drm", "pci0/0000:00:02.0/drm", "renderD128", "dri/renderD128",
			    "226:128");
	path = xasprintf("%s/device", render);
	link_to(path, "../../../0000:00:02.0");
	paths = find("gpu");
	assert_int_equal((int)paths.nodes.count, 1);
	assert_string_equal(paths.nodes.items[0], "/dev/dri/renderD128");
	assert_true(has(&paths.files, "/sys/dev/char/226:128"));
	assert_true(has(&paths.files, "/sys/class/drm/renderD128"));
	assert_true(has(&paths.files, "/sys/devices/pci0/0000:00:02.0"));
	assert_true(has(&paths.files, "/run/udev/data/c226:128"));
	assert_int_equal((int)paths.files.count, 4);
}

static void nvidia_has_nodes_of_its_own(void **state)
{
	_cleanup_device_paths_ struct device_paths paths = {0};

	put("dev/nvidia0", "");
	put("dev/nvidiactl", "");
	put("dev/nvidia-uvm", "");
	put("dev/nvidia-other", "");
	put("dev/nvidia0x", "");
	put("dev/sda", "");
	paths = find("nvidia");
	assert_int_equal((int)paths.nodes.count, 3);
	assert_true(has(&paths.nodes, "/dev/nvidia0"));
	assert_true(has(&paths.nodes, "/dev/nvidiactl"));
	assert_true(has(&paths.nodes, "/dev/nvidia-uvm"));
}

static void a_camera_is_no_radio(void **state)
{
	_cleanup_free_ char *camera =
		put_device("class/video4linux", "usb1/1-1/video4linux", "video7", "video7", "81:7");
	_cleanup_free_ char *radio =
		put_device("class/video4linux", "usb1/1-2/video4linux", "radio0", "radio0", "81:9");
	_cleanup_device_paths_ struct device_paths paths = {0};

	paths = find("camera");
	assert_int_equal((int)paths.nodes.count, 1);
	assert_string_equal(paths.nodes.items[0], "/dev/video7");
}

static void put_input(const char *name, const char *number, const char *keys, const char *axes)
{
	_cleanup_free_ char *owner = xasprintf("usb1/input-%s", name);
	_cleanup_free_ char *node = xasprintf("input/%s", name);
	_cleanup_free_ char *real = put_device("class/input", owner, name, node, number);
	_cleanup_free_ char *key = xasprintf("%s/device/capabilities/key", real);
	_cleanup_free_ char *abs = xasprintf("%s/device/capabilities/abs", real);

	put(key, keys);
	put(abs, axes);
}

static void only_joysticks_of_the_input_devices(void **state)
{
	_cleanup_device_paths_ struct device_paths paths = {0};

	/* As the kernel prints them: a keyboard, a mouse, a touch pad, a gamepad, and a
	   keyboard that says that it has a gamepad's buttons as well. */
	put_input("event0", "13:64",
		  "402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe\n", "0\n");
	put_input("event1", "13:65", "1f0000 0 0 0 0\n", "0\n");
	put_input("event2", "13:66", "e520 10000 0 0 0 0\n", "260800000000003\n");
	put_input("event3", "13:67", "7cdb000000000000 0 0 0 0\n", "3003f\n");
	put_input("event4", "13:68",
		  "7cdb000000000000 0 3803078f800d001 feffffdfffefffff fffffffffffffffe\n",
		  "3003f\n");
	put_input("js0", "13:0", "7cdb000000000000 0 0 0 0\n", "3003f\n");
	put_input("mouse0", "13:32", "7cdb000000000000 0 0 0 0\n", "3003f\n");
	paths = find("gamepad");
	assert_int_equal((int)paths.nodes.count, 2);
	assert_string_equal(paths.nodes.items[0], "/dev/input/event3");
	assert_string_equal(paths.nodes.items[1], "/dev/input/js0");
}

/* What security keys say of themselves, as in the specification of CTAP. */
static const unsigned char key_descriptor[] = {0x06, 0xd0, 0xf1, 0x09, 0x01, 0xa1, 0x01, 0x09, 0x20,
					       0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, 0x40,
					       0x81, 0x02, 0x09, 0x21, 0x15, 0x00, 0x26, 0xff, 0x00,
					       0x75, 0x08, 0x95, 0x40, 0x91, 0x02, 0xc0};
static const unsigned char keyboard_descriptor[] = {0x05, 0x01, 0x09, 0x06, 0xa1, 0x01, 0x05,
						    0x07, 0x19, 0xe0, 0x29, 0xe7, 0xc0};

static void security_keys_by_their_descriptor(void **state)
{
	unsigned char both[sizeof(key_descriptor) + sizeof(keyboard_descriptor)];
	/* The keyboard's collection lies between FIDO's page and its first collection. */
	unsigned char nested[] = {0x05, 0x01, 0xa1, 0x01, 0x06, 0xd0, 0xf1, 0xa1, 0x01, 0xc0, 0xc0};

	assert_true(devices_is_fido(key_descriptor, sizeof(key_descriptor)));
	assert_false(devices_is_fido(keyboard_descriptor, sizeof(keyboard_descriptor)));
	assert_false(devices_is_fido(nested, sizeof(nested)));
	assert_false(devices_is_fido(NULL, 0));
	/* Cut off anywhere, it is none. */
	for (size_t length = 0; length < sizeof(key_descriptor); length++)
		assert_false(devices_is_fido(key_descriptor, length));
	/* A key that is a keyboard as well would show what is typed. */
	memcpy(both, key_descriptor, sizeof(key_descriptor));
	memcpy(both + sizeof(key_descriptor), keyboard_descriptor, sizeof(keyboard_descriptor));
	assert_false(devices_is_fido(both, sizeof(both)));
}

static void put_hidraw(const char *name, const char *number, const unsigned char *descriptor,
		       size_t length)
{
	_cleanup_free_ char *owner = xasprintf("usb1/hid-%s/hidraw", name);
	_cleanup_free_ char *real = put_device("class/hidraw", owner, name, name, number);
	_cleanup_free_ char *path = xasprintf("sys/devices/usb1/hid-%s/report_descriptor", name);
	_cleanup_free_ char *device = xasprintf("%s/device", real);

	put_bytes(path, descriptor, length);
	link_to(device, "../..");
}

static void only_security_keys_of_the_raw_devices(void **state)
{
	_cleanup_device_paths_ struct device_paths paths = {0};

	put_hidraw("hidraw0", "240:0", keyboard_descriptor, sizeof(keyboard_descriptor));
	assert_none("fido");
	put_hidraw("hidraw1", "240:1", key_descriptor, sizeof(key_descriptor));
	paths = find("fido");
	assert_int_equal((int)paths.nodes.count, 1);
	assert_string_equal(paths.nodes.items[0], "/dev/hidraw1");
	assert_true(has(&paths.files, "/sys/devices/usb1/hid-hidraw1"));
	assert_true(has(&paths.files, "/sys/class/hidraw/hidraw1"));
	assert_false(has(&paths.files, "/sys/class/hidraw/hidraw0"));
}

static void one_device_of_the_bus(void **state)
{
	_cleanup_free_ char *first =
		put_device("bus/usb/devices", "pci0/usb1", "1-1", "bus/usb/001/002", "189:1");
	_cleanup_free_ char *second =
		put_device("bus/usb/devices", "pci0/usb1", "1-2", "bus/usb/001/003", "189:2");
	_cleanup_device_paths_ struct device_paths paths = {0};

	/* These links are one deeper. */
	assert_int_equal(unlink("sys/bus/usb/devices/1-1"), 0);
	link_to("sys/bus/usb/devices/1-1", "../../../devices/pci0/usb1/1-1");
	assert_int_equal(unlink("sys/bus/usb/devices/1-2"), 0);
	link_to("sys/bus/usb/devices/1-2", "../../../devices/pci0/usb1/1-2");
	put_in(first, "idVendor", "1050\n");
	put_in(first, "idProduct", "0407\n");
	put_in(second, "idVendor", "046D\n");
	put_in(second, "idProduct", "c31c\n");
	paths = find("usb:046d:C31C");
	assert_int_equal((int)paths.nodes.count, 1);
	assert_string_equal(paths.nodes.items[0], "/dev/bus/usb/001/003");
	assert_true(has(&paths.files, "/sys/devices/pci0/usb1/1-2"));
	assert_none("usb:1050:0001");
}

static void what_leads_out_of_sys_is_no_device(void **state)
{
	put("outside/capabilities/key", "7cdb000000000000 0 0 0 0\n");
	put("outside/uevent", "DEVNAME=input/event9\n");
	put("dev/input/event9", "");
	link_to("sys/class/input/event9", "../../../outside");
	assert_none("gamepad");
	/* Nor one whose name leads out of /dev, or that has no node. */
	put_card();
	put("sys/devices/pci0/0000:00:02.0/drm/card0/uevent", "DEVNAME=../etc/passwd\n");
	assert_none("gpu");
	put("sys/devices/pci0/0000:00:02.0/drm/card0/uevent", "DEVNAME=dri/card9\n");
	assert_none("gpu");
}

static void unknown_classes_are_refused(void **state)
{
	_cleanup_device_paths_ struct device_paths paths = {0};
	struct error e = {0};

	assert_int_equal(devices_find(&host, "gamepads", &paths, &e), -EINVAL);
	assert_string_equal(e.remedy, "did you mean \"gamepad\"?");
	assert_int_equal(devices_find(&host, "usb:1", &paths, &e), -EINVAL);
	assert_int_equal(devices_find(&host, "", &paths, &e), -EINVAL);
}

#define on_a_host(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_a_host(a_card_is_drawn_with_not_switched),
		on_a_host(nvidia_has_nodes_of_its_own),
		on_a_host(a_camera_is_no_radio),
		on_a_host(only_joysticks_of_the_input_devices),
		cmocka_unit_test(security_keys_by_their_descriptor),
		on_a_host(only_security_keys_of_the_raw_devices),
		on_a_host(one_device_of_the_bus),
		on_a_host(what_leads_out_of_sys_is_no_device),
		on_a_host(unknown_classes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
