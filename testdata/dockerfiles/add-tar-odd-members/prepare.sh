cat > make.py <<'PY'
import io, tarfile
with tarfile.open('odd.tar', 'w', format=tarfile.PAX_FORMAT) as tar:
    def add(name, kind=tarfile.REGTYPE, mode=0o644, data=b'', **more):
        info = tarfile.TarInfo(name)
        info.type, info.mode, info.size, info.mtime = kind, mode, len(data), 981173106
        for key, value in more.items():
            setattr(info, key, value)
        tar.addfile(info, io.BytesIO(data))
    add('capable', mode=0o755, data=b'x', pax_headers={'SCHILY.xattr.security.capability': '\x01\x00\x00\x02\x00\x04' + '\x00' * 14})
    add('labelled', data=b'y', pax_headers={'SCHILY.xattr.user.note': 'text'})
    add('large-ids', uid=3000000, gid=4000000)
    add('n' * 150 + '/' + 'm' * 120, data=b'long')
    add('no-parent/at/all', data=b'parents')
    add('./dotted/./path', data=b'dots')
    add('char', tarfile.CHRTYPE, 0o600, devmajor=1, devminor=7)
    add('fifo', tarfile.FIFOTYPE, 0o666)
    add('setuid', mode=0o6755, data=b's')
    add('link', tarfile.SYMTYPE, 0o777, linkname='/absolute/target')
    add('hard', tarfile.LNKTYPE, 0o6755, linkname='setuid')
    add('dir', tarfile.DIRTYPE, 0o1777, uid=8, gid=9)
    add('dir/f', data=b'in dir')
    add('twice', data=b'first')
    add('twice', data=b'second')
    add('caf\u00e9', data=b'utf-8')
PY
python3 make.py && rm make.py
