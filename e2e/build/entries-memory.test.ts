import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { tarEnd, tarHeader } from '../../builder/layers/tar/write.ts'
import { blankEntry } from '../../builder/layers/testing/entries.ts'
import { needs } from '../testing/needs.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'

const mostMiB = 256
const perDirectory = 500
const probe = "process.on('exit', () => require('node:fs').writeSync(2, `peak ${process.resourceUsage().maxRSS}\\n`))\n"

/** Runs the command; its peak of memory must be within the bound. */
async function bounded(t: ExecutionContext, space: Workspace, args: readonly string[]): Promise<void> {
  space.write('', { 'probe.cjs': probe })
  const env = { NODE_OPTIONS: `--require ${join(space.folder, 'probe.cjs')}` }
  const { stderr } = await space.ok(args, { env, timeout: 300_000 })
  const peak = Math.round(Number(/^peak (\d+)$/m.exec(stderr)?.[1]) / 1024)
  t.log(`${args.join(' ').replaceAll(space.folder, '')}: ${peak} MiB`)
  t.true(peak <= mostMiB, `${args[0]}: ${peak} MiB`)
}

/** A tar of empty files, in directories; those of the last directory come first. */
function writeTar(file: string, count: number): void {
  const fd = openSync(file, 'w')
  for (let at = count / perDirectory - 1; at >= 0; at--) {
    const directory = `usr/lib/modules/package-${String(at).padStart(6, '0')}`
    const names = Array.from({ length: perDirectory }, (_, i) => `${directory}/file-name-${i}.js`)
    const headers = names.map((path) => tarHeader(blankEntry(path, 'file', { mode: 0o644, size: 0 })))
    writeSync(fd, Buffer.concat([tarHeader(blankEntry(directory, 'dir', { mode: 0o755 })), ...headers]))
  }
  writeSync(fd, tarEnd)
  closeSync(fd)
}

test.serial('an archive of 300 000 files is imported, saved and loaded in 256 MiB', async (t) => {
  t.timeout(600_000)
  const space = await makeWorkspace(t)
  const [tar, saved] = [join(space.folder, 'large.tar'), join(space.folder, 'saved.tar')]
  writeTar(tar, 300_000)
  await bounded(t, space, ['import', tar, 'large'])
  await bounded(t, space, ['save', '-o', saved, 'large'])
  await bounded(t, space, ['load', '--root', join(space.folder, 'other'), '-i', saved])
})

test.serial('COPY of 100 000 files takes 256 MiB, from a context, from the cache and from a stage', async (t) => {
  t.timeout(600_000)
  const space = await makeWorkspace(t)
  const context = space.write('c', {
    Dockerfile: 'FROM scratch AS first\nCOPY src /src\nFROM scratch\nCOPY --from=first / /\n',
  })
  for (let at = 0; at < 100_000 / perDirectory; at++) {
    const directory = join(context, 'src', `package-${String(at).padStart(6, '0')}`)
    mkdirSync(directory, { recursive: true })
    for (let i = 0; i < perDirectory; i++) writeFileSync(join(directory, `file-name-${i}.js`), `${at} ${i}`)
  }
  for (const target of ['first', 'first', '']) {
    await bounded(t, space, ['build', '-q', ...(target === '' ? [] : ['--target', target]), '-t', 'app', context])
  }
})

const withRuntime = needs(test.serial, 'root', 'busybox', 'tar', 'runc')

withRuntime('a RUN that leaves 300 000 files takes 256 MiB', async (t) => {
  t.timeout(600_000)
  const space = await makeWorkspace(t, { base: true })
  const script = 'for i in $(seq 60); do mkdir /d$i && cd /d$i && seq 1 5000 | xargs touch; done'
  const context = space.write('c', { Dockerfile: `FROM busybox\nRUN ${script}\n` })
  await bounded(t, space, ['build', '-q', '-t', 'app', context])
})
