import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { needs } from '../../testing/needs.ts'
import { requireProgram } from '../../testing/programs.ts'
import { run, runOk } from '../../testing/run.ts'
import { startServe, until } from '../../testing/serve.ts'
import { temporaryFolder } from '../../testing/temporary.ts'
import { ibuildScript } from '../../testing/workspace.ts'
import { pushTold } from '../backup/scene.ts'
import { contentOf, contentOfLayout, told } from '../clients/content.ts'
import { imagesOnce } from '../clients/images.ts'
import { pushImage } from '../server/client.ts'

const images = imagesOnce()
const withClients = needs(test.serial, 'root', 'skopeo', 'umoci', 'crane', 'busybox', 'runc')

withClients('stock clients read what was exported, and it is what the registry has', async (t) => {
  t.timeout(240_000)
  const { layout, space } = await images()
  const root = join(space.folder, 'registry')
  const out = join(space.folder, 'out')
  await using server = await startServe(root)
  const { host } = server
  const skopeo = (args: readonly string[]): Promise<unknown> => runOk(requireProgram('skopeo'), args)
  const plain = ['--preserve-digests', '--dest-tls-verify=false']
  for (const tag of ['app', 'plain', 'zstd'])
    await skopeo(['copy', ...plain, `oci:${layout}:${tag}`, `docker://${host}/team/sample:${tag}`])
  await skopeo(['copy', '--all', ...plain, `oci:${layout}:multi`, `docker://${host}/team/sample:multi`])
  await skopeo([
    'copy',
    '--format',
    'v2s2',
    '--dest-tls-verify=false',
    `oci:${layout}:app`,
    `docker://${host}/other:v2s2`,
  ])
  const exported = await run(process.execPath, [ibuildScript, 'registry', 'export', out, '--root', root])
  t.is(exported.code, 0, exported.stderr)
  t.regex(exported.stdout, /^2 repositories, 5 tags, /)

  const sample = join(out, 'team/sample')
  for (const tag of ['app', 'plain', 'zstd', 'multi']) {
    const content = told(await contentOfLayout(sample, tag))
    t.deepEqual(content, told(await contentOf(host, 'team/sample', tag)), tag)
  }
  const copied = join(space.folder, 'copied')
  await skopeo(['copy', '--preserve-digests', `oci:${sample}:app`, `oci:${copied}:app`])
  t.deepEqual(told(await contentOfLayout(copied, 'app')), told(await contentOfLayout(layout, 'app')))
  await runOk(requireProgram('umoci'), ['unpack', '--image', `${sample}:app`, join(space.folder, 'unpacked')])
  t.is(readFileSync(join(space.folder, 'unpacked/rootfs/ran'), 'utf8'), 'ran\n')
  await runOk(requireProgram('crane'), ['push', '--insecure', join(out, 'other'), `${host}/again:1`])
  await runOk(requireProgram('crane'), ['push', '--insecure', '--index', sample, `${host}/again:all`])
  for (const each of [sample, join(out, 'other')]) {
    await space.ok(['load', '-i', each])
  }
  const index = JSON.parse(readFileSync(join(out, 'other/index.json'), 'utf8')) as {
    manifests: { mediaType: string }[]
  }
  t.is(index.manifests[0]?.mediaType, 'application/vnd.docker.distribution.manifest.v2+json')
  const usage = await run(process.execPath, [ibuildScript, 'registry', 'export', out, 'Not:a:name', '--root', root])
  t.is(usage.code, 2)
})

needs(
  test.serial,
  'root',
  'crane',
)('while images are pushed, and killed in between, every index that is there names whole images', async (t) => {
  t.timeout(240_000)
  const { space } = await images()
  const [root, out] = [join(space.folder, 'busy'), join(space.folder, 'busy-out')]
  mkdirSync(root)
  let pushed = 0
  const pushing = async (url: string, round: number, { signal }: AbortController): Promise<void> => {
    for (let i = 0; !signal.aborted && i < 400; i++, pushed++)
      await pushImage(url, `busy/n${i % 5}`, `${round}-${i}`).catch(() => undefined)
  }
  const wholeLayouts = (): number => {
    let tags = 0
    for (const name of existsSync(join(out, 'busy')) ? readdirSync(join(out, 'busy')) : []) {
      const layout = join(out, 'busy', name)
      if (!existsSync(join(layout, 'index.json'))) continue
      const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as {
        manifests: { digest: string }[]
      }
      for (const { digest } of manifests) {
        const at = (of: string): string => join(layout, 'blobs/sha256', of.slice(7))
        const manifest = JSON.parse(readFileSync(at(digest), 'utf8')) as { config: Sized; layers: Sized[] }
        for (const blob of [manifest.config, ...manifest.layers]) t.is(statSync(at(blob.digest)).size, blob.size)
        tags++
      }
    }
    return tags
  }
  for (let round = 0; round < 3; round++) {
    const server = await startServe(root)
    const stop = new AbortController()
    const enough = pushed + 10
    const pushes = pushing(`http://${server.host}`, round, stop)
    await until(
      () => pushed >= enough || undefined,
      20_000,
      () => server.log(),
    )
    const exporting = run(process.execPath, [ibuildScript, 'registry', 'export', out, '--root', root])
    await sleep(round * 150)
    if (round < 2) await server.close('SIGKILL')
    const { code, stderr } = await exporting
    if (round === 2) t.is(code, 0, stderr)
    stop.abort()
    await pushes
    wholeLayouts()
    if (round === 2) await server.close()
  }
  const last = await run(process.execPath, [ibuildScript, 'registry', 'export', out, '--root', root, '--json'])
  t.is(last.code, 0, last.stderr)
  t.is(wholeLayouts(), (JSON.parse(last.stdout) as { tags: number }).tags)
})

for (const isServed of [true, false]) {
  test.serial(
    `an export that is interrupted stops at once${isServed ? ', also in the server that does it' : ''}`,
    async (t) => {
      const folder = temporaryFolder(t)
      const [root, out] = [join(folder, 'root'), join(folder, 'out')]
      const server = await startServe(root)
      await pushTold(`http://${server.host}`, 'a/b', '1', 100_000_000)
      if (!isServed) await server.close()
      const args = [ibuildScript, 'registry', 'export', out, '--copy', '--root', root]
      const blobs = join(out, 'a/b/blobs')
      const copying = (): string[] =>
        existsSync(blobs) ? readdirSync(blobs).filter((name) => name.startsWith('.')) : []
      const interrupt = async (): Promise<{ readonly code: unknown; readonly said: string }> => {
        rmSync(out, { recursive: true, force: true })
        const child = spawn(process.execPath, args)
        const [said, ended] = [text(child.stderr), once(child, 'close')]
        await until(
          () => copying()[0] ?? (child.exitCode === null ? undefined : 'too late'),
          20_000,
          () => 'nothing is copied',
        )
        child.kill('SIGINT')
        return { code: (await ended)[0], said: await said }
      }
      let ended = await interrupt()
      // A busy machine may not look here until all is copied.
      for (let i = 0; i < 4 && ended.code === 0; i++) ended = await interrupt()
      t.deepEqual(ended, { code: 1, said: 'ibuild: the work was cancelled [CANCELLED]\n' })
      await until(
        () => copying().length === 0 || undefined,
        20_000,
        () => 'it is still being copied',
      )
      t.false(existsSync(join(out, 'a/b/index.json')))
      const again = await run(process.execPath, args)
      t.is(again.code, 0, again.stderr)
      t.true(existsSync(join(out, 'a/b/index.json')))
      await server.close()
    },
  )
}

interface Sized {
  readonly digest: string
  readonly size: number
}
