// `npm run demo`: the main job from nothing to an image that other tools accept, in a data folder of its own that is
// removed at the end. Each act shows the command that it runs.
import { cpSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requireProgram } from '../e2e/testing/programs.ts'
import { runOk } from '../e2e/testing/run.ts'
import { makeBusyboxRootfs, tarOf } from './busybox-rootfs.ts'
import { playGc } from './demo-gc.ts'
import { playProduction } from './demo-production.ts'
import { playRegistry } from './demo-registry.ts'
import { playTrust } from './demo-trust.ts'
import { repository } from './repository.ts'
import { expect, openStage } from './stage.ts'

const stage = openStage()
const { folder, say, ibuild } = stage

/** Replaces text in a file that must have it. */
function edit(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8')
  expect(text.includes(from), `${file} has ${from}`)
  writeFileSync(file, text.replace(from, to))
}

async function changeAndTouch(): Promise<void> {
  const context = join(folder, 'context')
  cpSync(join(repository, 'testdata/demo'), context, { recursive: true })
  const build = ['-t', 'demo:changed', '--progress', 'plain', context]

  say('Touch every file: nothing runs, because times are not content')
  for (const name of ['site/page.template', 'site/serve']) utimesSync(join(context, name), new Date(), new Date())
  expect(!(await ibuild(build)).includes('DONE'), 'a touched file misses nothing')

  say('Edit a comment in a RUN: the step runs again, leaves the same files, and what follows is cut off')
  edit(join(context, 'Dockerfile'), '&& wc -c index.html', '&& wc -c index.html # and show its size')
  const commented = await ibuild(build)
  expect((commented.match(/DONE/g) ?? []).length === 1, 'only the edited step runs')

  say('Change one file: each miss says why')
  edit(join(context, 'site/page.template'), '@TITLE@', '@TITLE@, with one more line')
  expect(/MISS .*page\.template/.test(await ibuild(build)), 'the miss names the file')
}

async function squashAndAnalyze(): Promise<void> {
  say('What the layers waste, and what would save it')
  const wasteful = join(folder, 'wasteful')
  mkdirSync(wasteful)
  const lines = [
    'FROM busybox:demo',
    'RUN dd if=/dev/urandom of=/data bs=1M count=8 2>/dev/null',
    'RUN chmod 600 /data',
    'RUN dd if=/dev/urandom of=/scratch bs=1M count=4 2>/dev/null',
    'RUN rm /scratch',
  ]
  writeFileSync(join(wasteful, 'Dockerfile'), `${lines.join('\n')}\n`)
  await ibuild(['-q', '-t', 'wasteful', wasteful])
  await ibuild(['analyze', 'wasteful'])
  await ibuild(['analyze', '--fail-waste', '20', 'wasteful'], { code: 3, lines: 4 })

  say('Squash it: one layer on the base, and the cache still hits')
  const squashed = await ibuild(['-t', 'squashed', '--squash', '--progress', 'plain', wasteful])
  expect(!squashed.includes('DONE'), 'a squash runs no step')
  await ibuild(['history', 'squashed'])
}

async function tooManyLayers(): Promise<void> {
  say('A Dockerfile of more layers than can be mounted is refused before anything runs')
  const deep = join(folder, 'deep')
  mkdirSync(deep)
  writeFileSync(join(deep, 'Dockerfile'), `FROM busybox:demo\n${'RUN echo deep >> /deep\n'.repeat(128)}`)
  const refused = await ibuild(['-t', 'deep', '--progress', 'plain', deep], { code: 3 })
  expect(!refused.includes('DONE') && refused.includes('--max-layers'), 'it is refused with the ways out')
}

async function main(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('RUN steps need root for now: run the demo as root')
  const rootfs = join(folder, 'rootfs')
  mkdirSync(rootfs)
  await makeBusyboxRootfs(rootfs, requireProgram('busybox'))

  say('A base image from a root filesystem: busybox, its applets and two accounts')
  await ibuild(['import', '-', 'busybox:demo'], { input: await tarOf(rootfs) })

  say('Build testdata/demo: two stages, each RUN in the real runtime')
  const first = await ibuild(['-t', 'demo:1', '--progress', 'plain', 'testdata/demo'])
  expect(!first.includes('CACHED') && first.includes('DONE'), 'the first build runs every step')

  say('Build it again: every step comes from the cache, the image is the same')
  const second = await ibuild(['-t', 'demo:2', '--progress', 'plain', 'testdata/demo'])
  expect(!second.includes('DONE'), 'the second build runs nothing')

  say('What is in the store now, and how the image was made')
  await ibuild(['images'])
  await ibuild(['history', 'demo:1'])

  await changeAndTouch()
  await squashAndAnalyze()
  await tooManyLayers()

  say('Run a command in the image')
  const page = await ibuild(['run', 'demo:1', '--show'])
  expect(page.includes('Hello from ibuild'), 'the page that the first stage wrote is in the image')

  say('Export it, and let another tool look at it')
  const archive = join(folder, 'demo.tar')
  await ibuild(['save', '--format', 'oci', '-o', archive, 'demo:1'])
  console.log(`  ${archive}: ${statSync(archive).size} bytes`)
  console.log(`$ skopeo inspect --config oci-archive:${archive}`)
  const { stdout } = await runOk('skopeo', ['inspect', '--config', `oci-archive:${archive}`])
  const config = JSON.parse(stdout) as { config: { User?: string; Entrypoint?: string[]; Env?: string[] } }
  console.log(
    `  User ${config.config.User}, Entrypoint ${config.config.Entrypoint?.join(' ')}, Env ${config.config.Env?.join(' ')}`,
  )
  expect(config.config.User === 'web', 'skopeo reads the config')
  await runOk('skopeo', ['copy', `oci-archive:${archive}`, `dir:${join(folder, 'copied')}`])
  console.log('  skopeo copied it and checked every digest')

  await playRegistry(stage)
  await playProduction(stage)
  await playTrust(stage)
  await playGc(stage)

  console.log('\nDone. The data folder of this demo was temporary and is gone.')
}

try {
  await main()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
