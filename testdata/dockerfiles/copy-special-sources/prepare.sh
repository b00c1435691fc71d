mkdir -p tree/sub times
echo two > tree/a && ln tree/a tree/b && ln tree/a tree/sub/c
mkfifo -m 604 tree/fifo
echo s > tree/setuid && chmod 4750 tree/setuid
echo o > tree/owned && chown 1000:1000 tree/owned
ln -s nowhere tree/dangling
touch -d '1999-12-31 23:59:59' times/old
touch -d '1970-01-01 00:00:01' times/first
touch -d '2004-02-29 12:00:00.987654321' times/fraction
printf '' > tree/empty
head -c 300000 /dev/zero > tree/zeros
echo x > 'tree/name with blanks'
echo u > tree/ünïcode
n=$(printf '%0150d' 3) && mkdir -p tree/$n && echo long > tree/$n/$n
