#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# run.sh FUZZER CORPUS…: a fixed number of executions, the same ones every time. By hand, longer:
#     RUNS=10000000 tests/fuzz/run.sh build/tests/fuzz/fuzz_policy tests/seccomp/good
fuzzer=$1
shift
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT INT TERM
mkdir "$work/new"
"$fuzzer" -runs="${RUNS:-10000}" -seed=1 -max_len=4096 -timeout=20 -rss_limit_mb=2048 \
	-artifact_prefix="${ARTIFACTS:-$work}/" -print_final_stats=1 "$work/new" "$@" 2>"$work/log"
status=$?
tail -n 40 "$work/log"
exit $status
