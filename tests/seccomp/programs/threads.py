# SPDX-License-Identifier: GPL-2.0-or-later
import concurrent.futures
import multiprocessing
import subprocess


def seven(_):
    return 7


if __name__ == "__main__":
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert list(pool.map(seven, range(8))) == [7] * 8
    with multiprocessing.Pool(2) as pool:
        assert pool.map(seven, range(4)) == [7] * 4
    subprocess.run(["true"], check=True)
    print("ok")
