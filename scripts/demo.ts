// `npm run demo`: the main job from nothing to an image that other tools accept, in a data folder of its own that is
// removed at the end. Each act shows the command that it runs.
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requireProgram } from '../e2e/testing/programs.ts'
import { run, runOk } from '../e2e/testing/run.ts'
import { makeBusyboxRootfs, tarOf } from './busybox-rootfs.ts'
import { repository } from './repository.ts'

const folder = mkdtempSync(join(tmpdir(), 'ibuild-demo-'))
const bin = join(repository, 'bin/ibuild.cjs')
let act = 0

interface Shown {
  readonly input?: Uint8Array
  /** Lines of output that are shown at most. */
  readonly lines?: number
}

function say(text: string): void {
  console.log(`\n== ${++act}. ${text}`)
}

/** Runs ibuild as a user would, shows the command and what it prints, and ends the demo when it fails. */
async function ibuild(args: readonly string[], { input, lines = 40 }: Shown = {}): Promise<string> {
  console.log(`$ ibuild ${args.map((word) => (/^[\w./:=,@-]+$/.test(word) ? word : `'${word}'`)).join(' ')}`)
  const started = performance.now()
  const options = { cwd: repository, env: { IBUILD_ROOT: join(folder, 'data') }, ...(input !== undefined && { input }) }
  const { code, stdout, stderr } = await run(process.execPath, [bin, ...args], options)
  const text = `${stderr}${stdout}`.trimEnd().split('\n')
  for (const line of text.slice(0, lines)) console.log(`  ${line}`)
  if (text.length > lines) console.log(`  ... ${text.length - lines} more lines`)
  console.log(`  (${Math.round(performance.now() - started)} ms)`)
  if (code !== 0) throw new Error(`ibuild ${args[0]} ended with exit code ${code}`)
  return `${stderr}${stdout}`
}

/** Fails the demo when something that it tells is not so. */
function expect(condition: boolean, what: string): void {
  if (!condition) throw new Error(`not as expected: ${what}`)
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

  console.log('\nDone. The data folder of this demo was temporary and is gone.')
}

try {
  await main()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
