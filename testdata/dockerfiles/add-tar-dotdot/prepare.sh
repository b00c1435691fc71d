cat > make.py <<'PY'
import io, tarfile
with tarfile.open('evil.tar', 'w') as tar:
    up = tarfile.TarInfo('../../escaped'); up.size = 1; tar.addfile(up, io.BytesIO(b'x'))
PY
python3 make.py && rm make.py
