import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { debianTar, proxyArguments } from '../testing/debian-base.ts'
import { needs } from '../testing/needs.ts'
import { runOk } from '../testing/run.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'

/** dbus makes a user and a program that is setuid and belongs to that user's group. */
const dockerfile = `
FROM debian
RUN apt-get update && apt-get install -y --no-install-recommends python3 dbus
RUN useradd --create-home someone && su someone -c 'id -un > ~/name' && test -c /dev/null && date > /dev/null
ENV LC_ALL=C.UTF-8
USER someone
WORKDIR /home/someone
`

/** Paths that the runtime or we put in front of a step: a layer that has one was not taken from the step alone. */
const foreign = /^(etc\/(hosts|hostname|resolv\.conf|mtab)|(dev|proc|sys)(\/.*)?|\.dockerenv|run\/\.containerenv)$/

/** The names in each layer of an image but the lowest, as tar lists them. */
async function layerNames(space: Workspace, image: string): Promise<string[][]> {
  const archive = join(space.folder, 'saved.tar')
  const folder = space.write('saved', {})
  await space.ok(['save', '-o', archive, image])
  await runOk('tar', ['-C', folder, '-xf', archive])
  const [manifest]: { Layers: string[] }[] = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))
  const lists = (manifest?.Layers ?? []).slice(1).map((file) => runOk('tar', ['-tf', join(folder, file)]))
  return (await Promise.all(lists)).map(({ stdout }) =>
    stdout
      .trim()
      .split('\n')
      .map((name) => name.replace(/\/$/, '')),
  )
}

needs(
  test,
  'root',
  'mmdebstrap',
  'tar',
  'runc',
)('Debian: apt-get installs python3 in a RUN, and the image works', async (t) => {
  t.timeout(1_200_000)
  const space = await makeWorkspace(t)
  await space.ok(['import', await debianTar(), 'debian'])
  const context = space.write('context', { Dockerfile: dockerfile })
  const args = ['--network', 'host', '--progress', 'plain', ...proxyArguments(), '-t', 'python', context]
  const first = await space.ok(args, { timeout: 600_000 })
  t.is(first.stderr.match(/DONE/g)?.length, 3, first.stderr)

  const inside = async (...words: string[]): Promise<string> => (await space.ok(['run', 'python', ...words])).stdout
  t.is(await inside('python3', '-c', 'print(6*7)'), '42\n')
  t.is(
    await inside('python3', '-c', 'import sys, os; print(sys.stdout.encoding, os.getcwd())'),
    'utf-8 /home/someone\n',
  )
  t.is(await inside('stat', '-c', '%U %s', 'name', '/dev/zero'), 'someone 8\nroot 0\n')
  const helper = '/usr/lib/dbus-1.0/dbus-daemon-launch-helper'
  t.is(await inside('stat', '-c', '%a %U:%G', helper, '/usr/bin/passwd'), '4754 root:messagebus\n4755 root:root\n')
  t.regex(await inside('getent', 'passwd', 'messagebus'), /^messagebus:x:\d+:\d+::/)
  t.regex(await inside('dpkg', '--audit'), /^$/, 'every package is configured')

  const second = await space.ok(args)
  t.is(second.stdout, first.stdout)
  t.is(second.stderr.match(/CACHED/g)?.length, 3)
  t.notRegex(second.stderr, /DONE/)

  const names = await layerNames(space, 'python')
  t.true(names[0]?.includes('usr/bin/python3'))
  t.true(names[1]?.includes('home/someone/name'))
  t.deepEqual(
    names.flat().filter((name) => foreign.test(name)),
    [],
    'nothing of ours is in the layers',
  )
})
