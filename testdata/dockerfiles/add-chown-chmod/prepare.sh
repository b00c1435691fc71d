mkdir -p t/sub && echo one > t/one && chown 21:22 t/one && ln -s one t/link && echo d > t/sub/d
tar -C t -cf a.tar one sub link && rm -r t
