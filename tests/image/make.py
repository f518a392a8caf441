#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Archives and image layouts, good and hostile, for image.bats: make.py KIND FILE [ARGUMENT]"""
import gzip, hashlib, io, json, os, sys, tarfile


def entry(name, kind=tarfile.REGTYPE, data=b"", link="", mode=0o644, **more):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode, info.size, info.mtime = kind, link, mode, len(data), 1000000000
    for key, value in more.items():
        setattr(info, key, value)
    return info, data


def busybox():
    return entry("bin/busybox", data=open("/bin/busybox", "rb").read(), mode=0o755)


def tar(entries):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for info, data in entries:
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


SYSTEM = [entry("bin", tarfile.DIRTYPE, mode=0o755), busybox(), entry("bin/sh", tarfile.SYMTYPE, link="busybox"),
          entry("etc/passwd", data=b"root:x:0:0::/:/bin/sh\nweb:x:33:44::/:/bin/sh\n")]

# What a hostile archive has in it beside a good file; $OUT is a directory of the host's.
OUT = os.environ.get("OUT", "/nonexistent")
HOSTILE = {
    "dotdot": [entry("a/../../../escaped", data=b"x")],
    "dotdot-name": [entry("..", tarfile.DIRTYPE)],
    "absolute-link": [entry("door", tarfile.SYMTYPE, link=OUT), entry("door/escaped", data=b"x")],
    "relative-link": [entry("door", tarfile.SYMTYPE, link="../../../../../../../.." + OUT), entry("door/escaped", data=b"x")],
    "link-in-link": [entry("a", tarfile.SYMTYPE, link=OUT), entry("b", tarfile.SYMTYPE, link="a"), entry("b/escaped", data=b"x")],
    "link-then-file": [entry("f", tarfile.SYMTYPE, link=OUT + "/victim"), entry("f", data=b"escaped")],
    "link-then-directory": [entry("d", tarfile.SYMTYPE, link=OUT), entry("d", tarfile.DIRTYPE, mode=0o700), entry("d/escaped", data=b"x")],
    "hard-link": [entry("h", tarfile.LNKTYPE, link=OUT + "/victim"), entry("h", data=b"escaped")],
    "hard-link-dotdot": [entry("h", tarfile.LNKTYPE, link="../../../../../../../.." + OUT + "/victim")],
    "hard-link-through-link": [entry("door", tarfile.SYMTYPE, link=OUT), entry("h", tarfile.LNKTYPE, link="door/victim")],
    "hard-link-to-directory": [entry("d", tarfile.DIRTYPE), entry("h", tarfile.LNKTYPE, link="d")],
    "long-name": [entry("n" * 300, data=b"x")],
    "proc-link": [entry("p", tarfile.SYMTYPE, link="/proc/self/root" + OUT), entry("p/escaped", data=b"x")],
}


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def config(layers, **how):
    return json.dumps({"architecture": "amd64", "os": "linux", "config": how,
                       "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in layers]}}).encode()


LOWER = tar(SYSTEM + [entry("etc/gone", data=b"x"), entry("etc/kept", data=b"kept"), entry("opaque/low", data=b"x"),
                      entry("replaced/low", data=b"x"), entry("link", tarfile.SYMTYPE, link="etc")])
UPPER = tar([entry("etc/.wh.gone"), entry("etc/new", data=b"new"), entry("opaque/.wh..wh..opq"), entry("opaque/high", data=b"x"),
             entry("replaced", data=b"a file now"), entry("link", tarfile.DIRTYPE, mode=0o755), entry("link/in", data=b"x")])
HOW = {"Env": ["GREETING=hello", "PATH=/bin"], "Entrypoint": ["/bin/sh", "-c"], "Cmd": ["echo $GREETING; pwd; busybox id -u"],
       "User": "web", "WorkingDir": "/etc"}


def docker(path, layers, how, named=None):
    text = config(layers, **how)
    manifest = [{"Config": "config.json", "RepoTags": ["test:latest"], "Layers": [f"{i}/layer.tar" for i in range(len(layers))]}]
    entries = [entry(f"{i}/layer.tar", data=layer) for i, layer in enumerate(named or layers)]
    with open(path, "wb") as out:
        out.write(tar(entries + [entry("config.json", data=text), entry("manifest.json", data=json.dumps(manifest).encode())]))


def oci(path, layers, how, damage=None):
    os.makedirs(path + "/blobs/sha256")

    def blob(data, kind):
        name = digest(data)
        with open(f"{path}/blobs/sha256/{name[7:]}", "wb") as out:
            out.write(data if damage != kind else data[:-1] + b"?")
        return {"mediaType": "application/vnd.oci.image." + kind, "digest": name, "size": len(data)}
    packed = [blob(gzip.compress(layer, mtime=0), "layer.v1.tar+gzip") for layer in layers]
    text = blob(config(layers, **how), "config.v1+json")
    manifest = blob(json.dumps({"schemaVersion": 2, "config": text, "layers": packed}).encode(), "manifest.v1+json")
    manifest["annotations"] = {"org.opencontainers.image.ref.name": "latest"}
    other = dict(manifest, digest=digest(b"other"), platform={"architecture": "mips", "os": "linux"})
    with open(path + "/index.json", "w") as out:
        json.dump({"schemaVersion": 2, "manifests": [other, manifest]}, out)


def main(kind, path, argument=None):
    if kind == "tar":
        data = tar(SYSTEM + [entry("etc/file", data=b"text"), entry("twice", tarfile.LNKTYPE, link="etc/file"),
                             entry("null", tarfile.CHRTYPE, devmajor=1, devminor=3), entry("pipe", tarfile.FIFOTYPE),
                             entry("setuid", data=b"x", mode=0o6755), entry("closed", tarfile.DIRTYPE, mode=0o500),
                             entry("closed/in", data=b"in"), entry("a/./b//c", data=b"c"), entry("etc/.wh.file")])
        open(path, "wb").write(data)
    elif kind == "hostile":
        open(path, "wb").write(tar(SYSTEM + HOSTILE[argument]))
    elif kind == "hostile-all":  # into a directory
        for name, entries in HOSTILE.items():
            open(f"{path}/{name}.tar", "wb").write(tar(SYSTEM + entries))
    elif kind == "bomb":
        with tarfile.open(path, "w:gz", compresslevel=9) as archive:  # 256 MiB of nothing
            for i in range(16):
                info, _ = entry(f"zeros{i}")
                info.size = 16 << 20
                archive.addfile(info, io.BytesIO(bytes(16 << 20)))
    elif kind == "sparse-bomb":
        info, data = entry("huge", data=b"x")
        info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "huge",
                            "GNU.sparse.realsize": str(1 << 50)}
        data = b"1\n%d\n1\n" % ((1 << 50) - 1)
        data = data.ljust(512, b"\0") + b"x"
        info.size = len(data)
        open(path, "wb").write(tar([(info, data)]))
    elif kind == "docker":
        docker(path, [LOWER, UPPER], HOW)
    elif kind == "docker-wrong":  # a layer that is not the one described
        docker(path, [LOWER, UPPER], HOW, [LOWER, tar([entry("evil", data=b"x")])])
    elif kind == "oci":
        oci(path, [LOWER, UPPER], HOW, argument)
    else:
        sys.exit("unknown kind " + kind)


main(*sys.argv[1:])
