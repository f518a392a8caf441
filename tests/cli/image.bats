#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Root file systems from archives and image layouts. tests/image/make.py makes them, hostile ones too.

bats_require_minimum_version 1.5.0

setup() {
	"$HUTCH" run true 2>/dev/null || skip "hutch run does not work here (hutch doctor)"
	/bin/busybox true 2>/dev/null || skip "no static /bin/busybox"
	command -v python3 >/dev/null || skip "no python3"
	T=$(mktemp -d)
	cd "$T"
	export XDG_DATA_HOME=$T/data
	STORE=$T/data/hutch/images
}

teardown() {
	cd /
	chmod -R u+rwX "$T" 2>/dev/null || true
	[ -z "$T" ] || rm -rf "$T"
}

make() {
	python3 "$SOURCE/tests/image/make.py" "$@"
}

root_of() {
	"$HUTCH" image list --json | sed -n 's/.*"root":"\(.*\)",/\1/p'
}

@test "a tar archive is a root, compressed or not" {
	make tar root.tar
	gzip -k root.tar && xz -k root.tar
	command -v zstd >/dev/null && zstd -q root.tar
	for file in root.tar*; do
		[ "$("$HUTCH" run --root "$file" busybox cat /etc/file)" = text ]
	done
	# the same content: one image
	[ "$("$HUTCH" image list | wc -l)" -eq 2 ]
}

@test "what an archive says of links, modes, nodes and times" {
	make tar root.tar
	"$HUTCH" image import root.tar
	root=$(root_of)
	[ "$(stat -c %h "$root/twice")" -eq 2 ]
	[ "$(stat -c %a "$root/closed")" = 700 ] # the owner can always get in, to remove it
	[ "$(stat -c %a "$root/setuid")" = 755 ]
	[ -f "$root/null" ]
	[ "$(stat -c %a:%s "$root/null")" = 0:0 ]
	[ -p "$root/pipe" ]
	[ "$(stat -c %Y "$root/etc/file")" -eq 1000000000 ]
	[ "$(cat "$root/a/b/c")" = c ]
	[ -e "$root/etc/.wh.file" ] # means nothing in a plain archive
}

@test "hostile archives reach nothing outside" {
	export OUT=$T/outside
	mkdir outside
	echo untouched >outside/victim
	before=$(ls -lai --time-style=full-iso outside | tail -n +3 | grep -v '\.\.$')
	mkdir archives
	make hostile-all archives
	[ "$(ls archives | wc -l)" -gt 10 ]
	for name in archives/*; do
		"$HUTCH" image import "$name" >out 2>&1 || true
		[ "$(ls -lai --time-style=full-iso outside | tail -n +3 | grep -v '\.\.$')" = "$before" ] || { echo "$name got out"; false; }
	done
	# What all of them would have made, wherever: one look at the whole disk, which takes its time
	found=$(find / -xdev -name escaped -not -path "$T/data/*" 2>/dev/null) || true
	[ -z "$found" ] || { echo "one got out: $found"; false; }
	[ -z "$(ls "$STORE/staging")" ]
}

@test "names that lead out are refused and nothing of the archive stays" {
	for name in dotdot dotdot-name hard-link-dotdot hard-link-to-directory long-name; do
		make hostile "$name.tar" "$name"
		run -125 "$HUTCH" image import "$name.tar"
		[[ "$output" == *"$name.tar: "*"leads out of the image"* ]]
	done
	[ -z "$(ls "$STORE/layers" "$STORE/roots" "$STORE/staging" | grep sha256)" ]
}

@test "bombs stop at the limit" {
	make bomb bomb.tar.gz
	make sparse-bomb sparse.tar
	for file in bomb.tar.gz sparse.tar; do
		run -125 "$HUTCH" image import --image-limit 100M "$file"
		[[ "$output" == *"File too large"*--image-limit* ]]
	done
	[ "$(du -sm "$STORE" | cut -f 1)" -lt 10 ]
	run -125 "$HUTCH" run --root bomb.tar.gz --image-limit 1M true
	[[ "$output" == *"--root bomb.tar.gz: "* ]]
}

@test "damaged archives are refused" {
	make tar root.tar
	gzip -k root.tar
	head -c 300000 root.tar.gz >cut.tar.gz
	head -c 300000 root.tar >cut.tar
	head -c 100000 /dev/urandom >noise.tar
	: >empty.tar
	for file in cut.tar.gz cut.tar noise.tar empty.tar; do
		run -125 "$HUTCH" image import "$file"
		[[ "$output" == "hutch: "*"$file: "* ]]
	done
	[ "$("$HUTCH" image list | wc -l)" -eq 1 ]
}

@test "layers lie over each other, with whiteouts" {
	make oci layout
	make docker archive.tar
	for image in oci:layout oci:layout:latest docker-archive:archive.tar docker-archive:archive.tar:latest; do
		run "$HUTCH" run --root "$image" busybox sh -c 'busybox ls /etc /opaque; busybox cat /etc/kept /etc/new /replaced; [ -d /link ] && [ ! -h /link ]'
		[ "$status" -eq 0 ]
		[ "$output" = $'/etc:\nkept\nnew\npasswd\n\n/opaque:\nhigh\nkeptnewa file now' ]
	done
	[ "$("$HUTCH" image list | wc -l)" -eq 2 ]
	# files of a layer are on the disk once
	[ "$(find "$STORE" -name busybox | wc -l)" -eq 2 ]
	[ "$(find "$STORE" -name busybox -printf '%i\n' | sort -u | wc -l)" -eq 1 ]
}

@test "an image says how it runs, and the command line says otherwise" {
	make docker archive.tar
	[ "$("$HUTCH" run --root docker-archive:archive.tar)" = $'hello\n/etc\n33' ]
	[ "$("$HUTCH" run --root docker-archive:archive.tar --uid root --chdir / --env GREETING=bye)" = $'bye\n/\n0' ]
	[ "$("$HUTCH" run --root docker-archive:archive.tar busybox echo named)" = named ]
	run "$HUTCH" explain --root docker-archive:archive.tar
	[[ "$output" == *image.json* ]]
	make tar root.tar
	run -125 "$HUTCH" run --root root.tar
	[[ "$output" == *"no program given"* ]]
}

@test "layers and descriptions must be the ones described" {
	make docker-wrong wrong.tar
	run -125 "$HUTCH" image import docker-archive:wrong.tar
	[[ "$output" == *"its digest is sha256:"* ]]
	for part in layer.v1.tar+gzip config.v1+json manifest.v1+json; do
		make oci "damaged-$part" "$part"
		run -125 "$HUTCH" image import "oci:damaged-$part"
		[[ "$output" == *"hutch: try: "* || "$output" == *damaged* ]]
	done
	run -125 "$HUTCH" image import oci:nothing
	make oci layout
	run -125 "$HUTCH" image import oci:layout:other
	[[ "$output" == *"no image other for"* ]]
	run -125 "$HUTCH" image import docker-archive:"$SOURCE/meson.build"
	[ -z "$(ls "$STORE/roots")" ]
}

@test "a changed file is another image, prune removes what is left" {
	make docker archive.tar
	"$HUTCH" image import docker-archive:archive.tar
	make tar root.tar
	first=$("$HUTCH" image import root.tar)
	make hostile root.tar absolute-link
	second=$("$HUTCH" image import root.tar)
	[ "$first" != "$second" ]
	[ "$("$HUTCH" image list | wc -l)" -eq 4 ]
	"$HUTCH" image prune
	[ "$("$HUTCH" image list | wc -l)" -eq 3 ]
	rm root.tar archive.tar
	"$HUTCH" image prune
	[ "$("$HUTCH" image list | wc -l)" -eq 1 ]
	[ -z "$(ls "$STORE/layers")" ]
}

@test "an image in use is not removed, and one by its id is" {
	make tar root.tar
	id=$("$HUTCH" image import root.tar)
	"$HUTCH" run --root root.tar busybox sh -c 'echo started; exec busybox sleep 20' >started 3>&- &
	pid=$!
	until [ -s started ]; do sleep 0.01; done
	run -125 "$HUTCH" image remove "${id:7:10}"
	[[ "$output" == *"a sandbox runs in it"* ]]
	kill "$pid"
	wait "$pid" || true
	"$HUTCH" run --root "image:${id:7:10}" true 2>/dev/null || "$HUTCH" run --root "image:${id:7:10}" busybox true
	"$HUTCH" image remove "${id:7:10}"
	[ "$("$HUTCH" image list | wc -l)" -eq 1 ]
}

@test "two at once unpack the same image" {
	make docker archive.tar
	for i in 1 2 3 4; do
		"$HUTCH" run --root docker-archive:archive.tar busybox echo ok >"out$i" 2>&1 3>&- &
	done
	wait
	[ "$(cat out1 out2 out3 out4)" = $'ok\nok\nok\nok' ]
	[ -z "$(ls "$STORE/staging")" ]
}

@test "layouts and archives of other tools" {
	command -v umoci >/dev/null && command -v skopeo >/dev/null || skip "no umoci or no skopeo"
	umoci init --layout layout
	umoci new --image layout:base
	umoci unpack --rootless --image layout:base bundle
	mkdir -p bundle/rootfs/bin bundle/rootfs/etc
	cp /bin/busybox bundle/rootfs/bin/
	ln -s busybox bundle/rootfs/bin/sh
	echo low >bundle/rootfs/etc/low
	umoci repack --image layout:base bundle
	rm -rf bundle
	umoci unpack --rootless --image layout:base bundle
	rm bundle/rootfs/etc/low
	echo high >bundle/rootfs/etc/high
	umoci repack --image layout:two bundle
	umoci config --image layout:two --config.env WHO=umoci --config.cmd /bin/sh --config.cmd -c --config.cmd 'echo $WHO; busybox ls /etc'
	skopeo copy -q oci:layout:two docker-archive:archive.tar:two:latest
	[ "$("$HUTCH" run --root oci:layout:two)" = $'umoci\nhigh' ]
	[ "$("$HUTCH" run --root docker-archive:archive.tar)" = $'umoci\nhigh' ]
	skopeo copy -q --dest-compress-format zstd --dest-compress oci:layout:two oci:zstd:two
	grep -rq 'tar+zstd' zstd/blobs
	[ "$("$HUTCH" run --root oci:zstd:two)" = $'umoci\nhigh' ]
	run -125 "$HUTCH" run --root oci:layout
	[[ "$output" == *"2 images in it"*"oci:DIR:TAG"* ]]
}
