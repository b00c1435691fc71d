"""Lists a file tree: one JSON object, path to what lstat, readlink, listxattr and SHA-256 say of it.

usage: walk.py DIRECTORY

Paths and link targets are the bytes read as latin1. Hardlinks are told as the sorted list of all names of the file.
"""

import hashlib
import json
import os
import stat
import sys

KINDS = {
    stat.S_IFREG: "file", stat.S_IFDIR: "dir", stat.S_IFLNK: "symlink", stat.S_IFIFO: "fifo",
    stat.S_IFCHR: "char", stat.S_IFBLK: "block", stat.S_IFSOCK: "socket",
}


def text(data):
    return data.decode("latin1")


def describe(path, status):
    kind = KINDS[stat.S_IFMT(status.st_mode)]
    entry = {
        "type": kind,
        "mode": format(stat.S_IMODE(status.st_mode), "04o"),
        "uid": status.st_uid,
        "gid": status.st_gid,
        "mtime": str(status.st_mtime_ns),
        "xattrs": {text(os.fsencode(name)): os.getxattr(path, name, follow_symlinks=False).hex()
                   for name in sorted(os.listxattr(path, follow_symlinks=False))},
    }
    if kind == "file":
        entry["size"] = status.st_size
        with open(path, "rb") as file:
            entry["digest"] = hashlib.file_digest(file, "sha256").hexdigest()
    if kind == "symlink":
        entry["link"] = text(os.readlink(path))
    if kind in ("char", "block"):
        entry["device"] = f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
    return entry


def walk(root):
    entries, inodes = {}, {}
    pending = [root]
    while pending:
        directory = pending.pop()
        for name in os.listdir(directory):
            path = os.path.join(directory, name)
            status = os.lstat(path)
            key = text(path[len(root):])
            entries[key] = describe(path, status)
            if stat.S_ISDIR(status.st_mode):
                pending.append(path)
            elif status.st_nlink > 1:
                inodes.setdefault(status.st_ino, []).append(key)
    for names in inodes.values():
        for key in names:
            entries[key]["names"] = sorted(names)
    return entries


print(json.dumps(walk(os.fsencode(sys.argv[1]))))
