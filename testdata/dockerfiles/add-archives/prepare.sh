mkdir -p t/sub
echo one > t/one && chmod 640 t/one && chown 21:22 t/one
echo two > t/sub/two && ln t/one t/hard && ln -s one t/link && mkfifo t/fifo
chmod 2771 t/sub && touch -d '2001-02-03 04:05:06' t/one t/sub/two t/sub
tar -C t -cf a.tar . && gzip -nk a.tar && bzip2 -k a.tar && xz -k a.tar
cp a.tar.gz renamed
echo content | gzip -n > only.gz
cp -r t dir/t && cp a.tar dir/inner.tar
rm -r t
