import fs from 'node:fs'
import test from 'ava'
import { needs } from '../../e2e/testing/needs.ts'
import { ownGroup, wakeCgroups } from './wake-cgroups.ts'

for (const [title, layout, lines, expected] of [
  ['one tree per controller', 'v1', '9:name=systemd:/\n8:pids:/a/b\n', '/sys/fs/cgroup/systemd'],
  ['controllers that share a tree', 'v1', '4:cpu,cpuacct:/docker/x\n', '/sys/fs/cgroup/cpu,cpuacct/docker/x'],
  ['an empty v2 tree beside', 'hybrid', '0::/user.slice\n3:pids:/user.slice\n', '/sys/fs/cgroup/pids/user.slice'],
  ['one v2 tree', 'v2', '0::/system.slice/a.service\n', '/sys/fs/cgroup/system.slice/a.service'],
  ['a path with colons', 'v2', '0::/a:b\n', '/sys/fs/cgroup/a:b'],
  ['no control groups', 'none', '', undefined],
  ['no lines', 'v2', '', undefined],
] as const) {
  test(`the group of this process: ${title}`, (t) => t.is(ownGroup(layout, lines), expected))
}

needs(test, 'root')('waking leaves this process in its group', async (t) => {
  const read = (): string => fs.readFileSync('/proc/self/cgroup', 'latin1')
  const before = read()
  const descriptors = fs.readdirSync('/proc/self/fd').length
  wakeCgroups()
  await new Promise((resolve) => setTimeout(resolve, 100))
  t.is(read(), before)
  t.true(fs.readdirSync('/proc/self/fd').length <= descriptors)
})
