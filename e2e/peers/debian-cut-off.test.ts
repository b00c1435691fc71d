import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { outcomesOf } from '../cache/outcomes.ts'
import { debianTar, proxyArguments } from '../testing/debian-base.ts'
import { needs } from '../testing/needs.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'

const install = 'apt-get install -y --no-install-recommends jq'
const logs = '/var/log/apt /var/log/dpkg.log /var/log/alternatives.log'

/** Everyday commands, run twice, and what comes of the second run; docs/cache.md tells why. */
const rows: [command: string, outcome: 'same' | 'done'][] = [
  ['useradd --create-home someone', 'same'],
  ['ldconfig && rm /var/cache/ldconfig/aux-cache', 'same'],
  ['echo a > /a && gzip /a', 'done'],
  ['echo a > /a && gzip -n /a', 'same'],
  ['mkdir /x && echo a > /x/a && tar -C /x -cf /x.tar a', 'done'],
  ['mkdir /x && echo a > /x/a && tar -C /x --mtime=@0 -czf /x.tar.gz a', 'same'],
  ['echo a > /a && cp -p /a /b && touch -r /a /c && install -p /a /d', 'same'],
  [install, 'done'],
  [`${install} && rm -rf /var/cache/apt/*.bin /var/cache/ldconfig/aux-cache ${logs}`, 'same'],
  [`dpkg --force-all -r gzip && dpkg --audit; rm -rf ${logs}`, 'same'],
]

async function build(space: Workspace, command: string, flags: readonly string[]): Promise<string> {
  const context = space.write('context', {})
  const lines = ['FROM debian', 'RUN apt-get update', `RUN ${command}`, 'RUN echo next > /next', '']
  writeFileSync(join(context, 'Dockerfile'), lines.join('\n'))
  return (await space.ok(['--progress', 'plain', ...flags, context], { timeout: 600_000 })).stderr
}

needs(
  test,
  'root',
  'mmdebstrap',
  'runc',
)('Debian: which everyday commands are cut off when they run again with equal result', async (t) => {
  t.timeout(1_200_000)
  const space = await makeWorkspace(t)
  await space.ok(['import', await debianTar(), 'debian'])
  const flags = ['--network', 'host', ...proxyArguments()]
  for (const [command, outcome] of rows) {
    await build(space, `${command} # one`, flags)
    await new Promise((resolve) => setTimeout(resolve, 1100))
    const [, step, next] = outcomesOf(await build(space, `${command} # two`, flags))
    t.deepEqual([step?.outcome, next?.outcome], [outcome, outcome === 'same' ? 'cached' : 'done'], command)
  }
})
