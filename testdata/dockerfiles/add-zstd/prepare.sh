mkdir t && echo z > t/z && touch -d '2001-02-03 04:05:06' t/z && tar -C t -cf a.tar z && zstd -q a.tar && rm -r t a.tar
