mkdir -p t/dir/sub && echo new > t/keep && echo one > t/dir/one && chmod 700 t/dir && echo f > t/link-to-file && mkdir t/fifo && echo into > t/fifo/f
touch -d '2001-02-03 04:05:06' t/keep t/dir/one t/dir
tar -C t -cf a.tar keep dir link-to-file fifo
mkdir -p u/lib/through u/base/absolute-link && echo l > u/lib/through/f
tar -C u -cf b.tar lib/through/f
rm -r t u
