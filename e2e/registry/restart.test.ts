import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type Served, startServe } from '../testing/serve.ts'
import { temporaryFolder } from '../testing/temporary.ts'
import { assertHeader, assertStatus, locationOf, octets, Scene, withQuery } from './conformance/scene.ts'
import { Wire } from './conformance/wire.ts'

interface Running {
  readonly scene: Scene
  readonly server: Served
}

async function start(t: ExecutionContext, root: string): Promise<Running> {
  const server = await startServe(root)
  const wire = new Wire(`http://${server.host}`)
  t.teardown(async () => {
    wire.close()
    await server.close()
  })
  return { scene: new Scene(wire, 'sha256', 'team/app'), server }
}

const content = randomBytes(500_000)

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test.serial(
    `after ${signal} an upload goes on at the location from before, and all that was acknowledged is there`,
    async (t) => {
      const root = join(temporaryFolder(t), 'data')
      const first = await start(t, root)
      const pushed = await first.scene.pushImage({}, 'v1')
      const blob = await first.scene.pushBlob()
      const headers = { ...octets, 'Content-Range': '0-199999' }
      const begun = await first.scene.ask('PATCH', await first.scene.start(), {
        headers,
        body: content.subarray(0, 200_000),
      })
      assertStatus(begun, 202)
      const deleted = await first.scene.pushImage({ annotations: { which: 'deleted' } }, 'gone')
      assertStatus(await first.scene.askHere('DELETE', `manifests/${deleted.digest}`), 202)
      t.is(await first.server.close(signal), signal === 'SIGTERM' ? 0 : signal)

      const { scene } = await start(t, root)
      t.deepEqual((await scene.getManifest('v1')).body, pushed.bytes)
      t.deepEqual((await scene.askHere('GET', `blobs/${blob.digest}`)).body, blob.bytes)
      assertStatus(await scene.getManifest('gone'), 404)
      const state = await scene.ask('GET', locationOf(begun))
      assertStatus(state, 204)
      assertHeader(state, 'range', '0-199999')
      const rest = { headers: { ...octets, 'Content-Range': '200000-499999' }, body: content.subarray(200_000) }
      const closed = await scene.ask('PUT', withQuery(locationOf(state), { digest: scene.digest(content) }), rest)
      assertStatus(closed, 201)
      t.deepEqual((await scene.ask('GET', locationOf(closed))).body, content)
    },
  )
}

test.serial('a second server for the same folder is refused, and the first goes on', async (t) => {
  const root = join(temporaryFolder(t), 'data')
  const { scene } = await start(t, root)
  await scene.pushImage({}, 'v1')
  const error = await t.throwsAsync(startServe(root))
  t.regex(error?.message ?? '', /SERVER_BUSY/)
  assertStatus(await scene.getManifest('v1'), 200)
})
