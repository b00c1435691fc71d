"""Makes the base images of the differential tests as one OCI layout, without any code of this project.

usage: base.py DIRECTORY BUSYBOX

DIRECTORY/layout is an OCI image layout with all images, DIRECTORY/NAME.tar an OCI archive of each. Prints one JSON
object: image name to manifest digest. All times are fixed, so the digests depend on the busybox program only.
"""

import hashlib
import io
import json
import os
import struct
import subprocess
import sys
import tarfile

EPOCH = 1500000000
GZIP_FREE = "application/vnd.oci.image.layer.v1.tar"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

PASSWD = """root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
app:x:1000:1000:App:/home/app:/bin/sh
multi:x:1001:100:Several groups:/home/multi:/bin/sh
1234:x:4321:4321:A name of digits:/:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/bin/false
"""
GROUP = """root:x:0:
daemon:x:1:
wheel:x:10:root,multi
www-data:x:33:
users:x:100:app,multi
app:x:1000:
digits:x:4321:
staff:x:50:app
nogroup:x:65534:
"""


class Layer:
    """One uncompressed layer tar, in memory."""

    def __init__(self):
        self.buffer = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.buffer, mode="w", format=tarfile.PAX_FORMAT)
        self.time = EPOCH

    def add(self, path, kind, mode, **more):
        info = tarfile.TarInfo(path)
        info.type, info.mode = kind, mode
        info.uid, info.gid = more.get("uid", 0), more.get("gid", 0)
        self.time += 61
        info.mtime = self.time
        info.linkname = more.get("link", "")
        if kind == tarfile.LNKTYPE:  # extractors differ in whether they apply what a hardlink says of its file
            target = self.tar.getmember(info.linkname)
            info.mode, info.uid, info.gid, info.mtime = target.mode, target.uid, target.gid, target.mtime
        info.devmajor, info.devminor = more.get("device", (0, 0))
        for name, value in more.get("xattrs", {}).items():
            info.pax_headers["SCHILY.xattr." + name] = value
        data = more.get("data", b"")
        info.size = len(data)
        self.tar.addfile(info, io.BytesIO(data))

    def dir(self, path, mode=0o755, **more):
        self.add(path, tarfile.DIRTYPE, mode, **more)

    def file(self, path, data=b"", mode=0o644, **more):
        self.add(path, tarfile.REGTYPE, mode, data=data, **more)

    def link(self, path, target):
        self.add(path, tarfile.SYMTYPE, 0o777, link=target)

    def hard(self, path, target):
        self.add(path, tarfile.LNKTYPE, 0o644, link=target)

    def bytes(self):
        self.tar.close()
        return self.buffer.getvalue()


def root_layer(busybox):
    layer = Layer()
    for path in ["bin", "dev", "etc", "home", "mnt", "opt", "proc", "run", "sbin", "srv", "sys", "usr", "usr/bin",
                 "usr/local", "usr/local/bin", "usr/sbin", "usr/lib", "var", "var/lib", "var/www"]:
        layer.dir(path)
    layer.dir("root", 0o700)
    layer.dir("tmp", 0o1777)
    layer.dir("home/app", 0o750, uid=1000, gid=1000)
    layer.dir("home/multi", 0o755, uid=1001, gid=100)
    layer.link("lib", "usr/lib")
    with open(busybox, "rb") as program:
        layer.file("bin/busybox", program.read(), 0o755)
    applets = subprocess.run([busybox, "--list"], check=True, capture_output=True, text=True).stdout.split()
    for applet in sorted(set(applets) - {"busybox"}):
        layer.link("bin/" + applet, "busybox")
    layer.file("etc/passwd", PASSWD.encode())
    layer.file("etc/group", GROUP.encode())
    layer.file("etc/shadow", b"root:*:::::::\n", 0o640, gid=10)
    trees(layer)
    return layer.bytes()


def trees(layer):
    """Things for the cases to meet: links, hardlinks, odd modes and owners, special files."""
    layer.dir("base", 0o755)
    layer.file("base/keep", b"kept\n")
    layer.file("base/old", b"old content\n", 0o640, uid=7, gid=8)
    layer.dir("base/dir", 0o2775, uid=5, gid=6)
    layer.file("base/dir/one", b"1\n")
    layer.file("base/dir/two", b"2\n", 0o600)
    layer.dir("base/dir/sub", 0o711)
    layer.file("base/dir/sub/deep", b"deep\n")
    layer.file("base/dir/.hidden", b"hidden\n")
    layer.dir("base/empty", 0o1755)
    layer.file("base/hard1", b"two names\n", 0o644, uid=3, gid=4)
    layer.hard("base/hard2", "base/hard1")
    layer.file("base/setuid", b"#!/bin/sh\n", 0o4755)
    layer.file("base/setgid", b"#!/bin/sh\n", 0o2755, gid=10)
    layer.add("base/fifo", tarfile.FIFOTYPE, 0o620)
    layer.add("base/null", tarfile.CHRTYPE, 0o666, device=(1, 3))
    capability = struct.pack("<IIIII", 0x02000001, 1 << 10, 0, 0, 0).decode("latin1")
    layer.file("base/capable", b"can bind\n", 0o755, xattrs={"security.capability": capability})
    layer.file("base/labelled", b"has user attribute\n", xattrs={"user.note": "hello"})
    layer.link("base/link-to-dir", "dir")
    layer.link("base/link-to-file", "keep")
    layer.link("base/absolute-link", "/base/dir/sub")
    layer.link("base/dangling", "nowhere/at/all")
    layer.link("base/escape", "../../../../../../base/empty")
    layer.file("base/name with spaces", b"spaces\n")
    layer.file("base/caf\u00e9", b"utf-8\n")
    layer.file("base/big-ids", b"ids\n", uid=3000000, gid=2097152)
    layer.file("base/" + "n" * 120, b"long name\n")


def second_layer():
    """Whiteouts, an opaque directory, a replaced file and a directory that becomes a file."""
    layer = Layer()
    layer.time = EPOCH + 1000000
    layer.dir("base", 0o755)
    layer.file("base/.wh.old")
    layer.dir("base/dir", 0o755)
    layer.file("base/dir/.wh..wh..opq")
    layer.file("base/dir/three", b"3\n")
    layer.file("base/.wh.empty")
    layer.file("base/empty", b"now a file\n")
    layer.file("base/hard1", b"changed one name\n")
    layer.dir("added", 0o700, uid=1000, gid=1000)
    layer.file("added/f", b"added\n")
    return layer.bytes()


class Layout:
    def __init__(self, directory):
        self.directory = directory
        self.names = {}
        os.makedirs(directory + "/layout/blobs/sha256")

    def blob(self, data, media_type):
        digest = hashlib.sha256(data).hexdigest()
        with open(f"{self.directory}/layout/blobs/sha256/{digest}", "wb") as file:
            file.write(data)
        return {"mediaType": media_type, "digest": "sha256:" + digest, "size": len(data)}

    def image(self, name, layers, config, author=None):
        described = [self.blob(layer, GZIP_FREE) for layer in layers]
        history = [{"created": "2017-07-14T02:40:00Z", "created_by": f"base layer {i}"} for i in range(len(layers))]
        history.append({"created": "2017-07-14T02:41:00Z", "created_by": 'CMD ["sh"]', "empty_layer": True})
        body = {
            "created": "2017-07-14T02:41:00Z",
            "architecture": "amd64",
            "os": "linux",
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in described]},
            "history": history,
        }
        if author is not None:
            body["author"] = author
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.blob(json.dumps(body).encode(), CONFIG),
            "layers": described,
        }
        descriptor = self.blob(json.dumps(manifest).encode(), MANIFEST)
        self.names[name] = descriptor["digest"]
        self.archive(name, descriptor, manifest)
        return dict(descriptor, annotations={"org.opencontainers.image.ref.name": name})

    def archive(self, name, descriptor, manifest):
        annotations = {
            "io.containerd.image.name": f"docker.io/library/{name}:latest",
            "org.opencontainers.image.ref.name": "latest",
        }
        with tarfile.open(f"{self.directory}/{name}.tar", "w") as tar:
            def put(path, data):
                info = tarfile.TarInfo(path)
                info.size, info.mode = len(data), 0o644
                tar.addfile(info, io.BytesIO(data))
            put("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
            put("index.json", index_of([dict(descriptor, annotations=annotations)]))
            for blob in [descriptor, manifest["config"], *manifest["layers"]]:
                path = "blobs/" + blob["digest"].replace(":", "/")
                with open(f"{self.directory}/layout/{path}", "rb") as file:
                    put(path, file.read())

    def finish(self, descriptors):
        with open(self.directory + "/layout/oci-layout", "w") as file:
            file.write('{"imageLayoutVersion":"1.0.0"}')
        with open(self.directory + "/layout/index.json", "wb") as file:
            file.write(index_of(descriptors))


def index_of(descriptors):
    media_type = "application/vnd.oci.image.index.v1+json"
    return json.dumps({"schemaVersion": 2, "mediaType": media_type, "manifests": descriptors}).encode()


RICH = {
    "User": "app",
    "WorkingDir": "/home/app",
    "Env": [PATH, "FROM_BASE=yes", "SHARED=base"],
    "Entrypoint": ["/bin/echo", "base"],
    "Cmd": ["base-cmd"],
    "Labels": {"from": "base", "kept": "yes"},
    "ExposedPorts": {"80/tcp": {}, "53/udp": {}},
    "Volumes": {"/base/volume": {}},
    "StopSignal": "SIGQUIT",
    "Healthcheck": {"Test": ["CMD-SHELL", "true"], "Interval": 7000000000, "Retries": 2},
}
TRIGGERS = [
    "COPY . /triggered/",
    "RUN echo fired >> /triggered/log",
    "ENV TRIGGERED=1",
    "WORKDIR /triggered/dir",
]


def main(directory, busybox):
    layout = Layout(directory)
    root = root_layer(busybox)
    plain = {"Env": [PATH], "Cmd": ["sh"]}
    layout.finish([
        layout.image("busybox", [root], plain),
        layout.image("two-layers", [root, second_layer()], plain),
        layout.image("rich", [root], RICH, author="Base Author <base@example.com>"),
        layout.image("no-path", [root], {}),
        layout.image("onbuild", [root], dict(plain, OnBuild=TRIGGERS)),
        layout.image("shelled", [root], dict(plain, Shell=["/bin/sh", "-e", "-c"])),
    ])
    print(json.dumps(layout.names))


main(*sys.argv[1:])
