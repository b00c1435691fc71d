# Prints what a container may see and do, in lines that do not differ between two containers with the same sandbox.
# Arguments: the namespaces of the host, as `ls -l /proc/self/ns` names them.
host=" $* "

section() { echo "== $1"; }

section status
grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp|Seccomp_filters|SigIgn|SigBlk|SigCgt|Umask)' /proc/self/status

section namespaces
for name in cgroup ipc mnt net pid time user uts; do
  id=$(readlink /proc/self/ns/$name)
  case "$host" in *" $id "*) echo "$name: host" ;; *) echo "$name: own" ;; esac
done

section limits
sed 1d /proc/self/limits | sed 's/  */ /g'
echo "oom $(cat /proc/self/oom_score_adj)"

section mounts
while read -r _ _ _ _ point options rest; do
  kind=${rest#*- }
  echo "$point ${kind%% *} $options"
done < /proc/self/mountinfo | sort

section masked
for path in acpi asound interrupts kcore keys latency_stats sched_debug scsi timer_list timer_stats; do
  [ -e /proc/$path ] || continue
  if [ -d /proc/$path ]; then count=$(ls /proc/$path | wc -l); else count=$(head -c 100 /proc/$path 2>&1 | wc -c); fi
  echo "/proc/$path $count"
done
for path in /sys/firmware /sys/devices/virtual/powercap; do
  [ -e $path ] && echo "$path $(ls $path | wc -l)"
done

section read-only
for path in bus fs irq sys sysrq-trigger; do
  [ -d /proc/$path ] && target=/proc/$path/x || target=/proc/$path
  (echo > $target) 2>&1 | sed 's/^.*: //; s/^/'"$path"': /'
done
(echo box > /proc/sys/kernel/hostname) 2>&1 | sed 's/^.*: /hostname: /'
(echo x > /sys/kernel/x) 2>&1 | sed 's/^.*: /sys: /'
(mkdir /sys/fs/cgroup/x && echo made) 2>&1 | sed 's/^.*: //; s/^/cgroup x: /'
(mkdir /sys/fs/cgroup/memory/x || mkdir /sys/fs/cgroup/init/x) 2>&1 | sed 's/^.*: /cgroup: /'

section devices
ls -l /dev | sed 1d | awk '{ print $1, $3, $4, $5, $6, $NF }' | sed 's/ [0-9]* \([^ ]*\)$/ \1/'
ls -ld /dev/shm /dev/mqueue /dev/pts | awk '{ print $1, $3, $4, $NF }'

section attempts
try() { echo "$*: $("$@" 2>&1 >/dev/null | sed 's/^.*: //' | head -n 1)"; }
try mount -t tmpfs none /tmp
try mount -o remount,rw /sys
try umount /proc
try unshare -m true
try unshare -U true
try unshare -n true
try chroot / /bin/true
try mknod /tmp/null c 1 3
try head -c 1 /tmp/null
try mknod /tmp/disk b 7 0
try head -c 1 /tmp/disk
try mknod /tmp/kmsg c 1 11
try head -c 1 /tmp/kmsg
try chown 7:7 /tmp/null
try chmod 4755 /tmp/null
try nice -n -5 true
try hostname other
try date -s 2000-01-01
try dmesg
try swapon /tmp/disk
try losetup /tmp/disk /bin/busybox
try ip link add x type dummy
try ip link set lo down
try ping -c 1 -W 1 127.0.0.1
try kill -9 1
try renice -n -5 1

if [ -x /probe-calls ]; then
  section calls
  /probe-calls
  echo "setuid: $(/probe-setuid user)"
fi
