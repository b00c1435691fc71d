import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type Dockerd, startDockerd } from '../testing/dockerd.ts'
import { needs } from '../testing/needs.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'

const dockerfile = 'FROM busybox\nCOPY words /words\nRUN echo ran > /ran\nENV A=b\nCMD ["cat", "/words", "/ran"]\n'

async function start(t: ExecutionContext): Promise<Dockerd> {
  const folder = mkdtempSync(join(tmpdir(), 'pd-'))
  const daemon = await startDockerd(folder)
  t.teardown(async () => {
    await daemon.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return daemon
}

/** Passes connections to a TCP port on to a unix socket; gives the address and a counter of bytes sent. */
async function forward(t: ExecutionContext, host: string): Promise<{ address: string; sent: () => number }> {
  let bytes = 0
  const server = createServer((client) => {
    const daemon = connect(host.replace('unix://', ''))
    client.on('data', (piece) => {
      bytes += piece.length
    })
    client.pipe(daemon).pipe(client)
    for (const socket of [client, daemon]) socket.on('error', () => client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  return { address: `tcp://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, sent: () => bytes }
}

function deep(count: number): string {
  return ['FROM scratch', ...Array.from({ length: count }, (_, i) => `COPY words /${i}`)].join('\n')
}

async function idOf(space: Workspace, name: string): Promise<string> {
  return JSON.parse((await space.ok(['inspect', name])).stdout)[0].id
}

needs(
  test.serial,
  'root',
  'docker',
  'dockerd',
  'busybox',
  'runc',
)('--load brings an image into a Docker daemon once, under all its names', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const context = space.write('context', { Dockerfile: dockerfile, words: 'hello\n' })
  const daemon = await start(t)
  const { address, sent } = await forward(t, daemon.host)
  const env = { DOCKER_HOST: address }
  const idFor = async (name: string): Promise<string> =>
    (await daemon.docker(['image', 'inspect', '-f', '{{.Id}}', name])).stdout.trim()

  await space.ok(['-t', 'team/app:1', '-t', 'localhost:5000/other', '--load', context], { env })
  const id = await idOf(space, 'team/app:1')
  t.is(await idFor('team/app:1'), id)
  t.is(await idFor('localhost:5000/other:latest'), id)
  const { stdout } = await daemon.docker(['run', '--rm', '--network', 'none', 'team/app:1'])
  t.is(stdout, 'hello\nran\n')

  const before = sent()
  t.true(before > 1_000_000, 'the layers were sent')
  const metadata = join(space.folder, 'metadata.json')
  await space.ok(['-t', 'again:2', '-o', 'type=docker', '--metadata-file', metadata, context], { env })
  t.is(await idFor('again:2'), id)
  t.true(sent() - before < 10_000, 'an image that is there is only named')
  const [output] = JSON.parse(readFileSync(metadata, 'utf8'))['ibuild.outputs']
  t.is(output.sent, false)
  t.is(output.dest, address)

  await space.ok(['--label', 'no=name', '--load', context], { env: { DOCKER_HOST: daemon.host } })
  const [newest] = JSON.parse((await space.ok(['images', '--json'])).stdout)
  t.is(await idFor(newest.id ?? newest.imageID), newest.id ?? newest.imageID, 'an image without a name')

  for (const compression of ['gzip', 'uncompressed']) {
    const archive = join(space.folder, `${compression}.tar`)
    await space.ok(['save', 'team/app:1', '--compression', compression, '-o', archive])
    await daemon.docker(['rmi', '-f', id])
    await daemon.docker(['load', '-i', archive])
    t.is(await idFor('team/app:1'), id, `docker load of ${compression} layers`)
  }

  const tooDeep = space.write('deep', { Dockerfile: deep(126), words: 'x' })
  const refused = await space.ibuild(['-t', 'deep', '--load', tooDeep], { env })
  t.is(refused.code, 3, refused.stderr)
  t.regex(refused.stderr, /126.*125.*\[LAYER_LIMIT\]/)
  await space.ok(['-t', 'deep', '--load', space.write('less', { Dockerfile: deep(125), words: 'x' })], { env })
  t.is(await idFor('deep:latest'), await idOf(space, 'deep'))

  const unwritable = await space.ibuild(['-t', 'app', '--load', context], {
    env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' },
  })
  t.is(unwritable.code, 1)
  t.regex(
    unwritable.stderr,
    /^ibuild: cannot reach the Docker daemon at unix:.* \[DOCKER_UNREACHABLE\]\nhint: .*DOCKER_HOST/m,
  )
  t.is(await idOf(space, 'app'), id, 'the image is in the store all the same')
})
