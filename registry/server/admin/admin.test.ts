import { statSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { temporaryFolder } from '../../../e2e/testing/temporary.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { createLog } from '../../../shared/log/log.ts'
import { createAdminServer } from '../../../shared/web/admin/server.ts'
import { listenOnSocket } from '../../../shared/web/admin/socket.ts'
import type { RegistryHold } from '../../service/types.ts'
import { connectAdmin } from './client.ts'
import { adminRoutes } from './routes.ts'
import type { RegistryAdmin } from './types.ts'

/**
 * An admin of a registry that is only told of. One at a time: whoever stops listening removes the socket by the number that its
 * folder had.
 */
async function listening(t: ExecutionContext, calls: Partial<RegistryAdmin> = {}): Promise<string> {
  const unused = (): never => t.fail()
  const admin: RegistryAdmin = {
    status: unused,
    readOnly: async () => ({ isReadOnly: false, isConfigured: false, writesRunning: 0 }),
    setReadOnly: unused,
    uploads: unused,
    events: { status: unused, after: unused, dead: unused, replay: unused },
    cancelUpload: unused,
    reload: unused,
    adoption: unused,
    adopt: unused,
    leaveAdoption: unused,
    adoptionFlaws: unused,
    exportLayouts: unused,
    rotateTokenKeys: unused,
    gcStatus: unused,
    gcRun: unused,
    gcExplain: unused,
    scrub: unused,
    beginScrub: unused,
    tagHistory: unused,
    rollBackTag: unused,
    hold: unused,
    ...calls,
  }
  const log = createLog({ level: 'error', format: 'json' }, { write: () => undefined, isTerminal: false })
  const server = createAdminServer({ admin, routes: adminRoutes, log })
  const socket = join(temporaryFolder(t), 'admin.sock')
  await listenOnSocket(server, socket)
  t.teardown(() => server.close())
  return socket
}

test.serial('nobody listens: no admin', async (t) => {
  t.is(await connectAdmin(join(temporaryFolder(t), 'admin.sock')), undefined)
})

test.serial('the socket is for its user alone', async (t) => {
  t.is(statSync(await listening(t)).mode & 0o777, 0o600)
})

test.serial('an ID comes as it was written, whatever it is', async (t) => {
  const cancelled: string[] = []
  const socket = await listening(t, { cancelUpload: async (id) => void cancelled.push(id) })
  const admin = await connectAdmin(socket)
  const ids = ['4c7d0b1e-0000-4000-8000-000000000000', 'a b', '../read-only', '%', 'ä?x', 'x'.repeat(128)]
  for (const id of ids) await admin?.cancelUpload(id)
  t.deepEqual(cancelled, ids)
})

test.serial('errors come with code and hint; what is none of ours says no more than its message', async (t) => {
  const socket = await listening(t, {
    cancelUpload: async () => {
      throw new IbuildError('OBJECT_NOT_FOUND', 'no upload x is open', { hint: 'Look.' })
    },
    reload: async () => {
      throw new TypeError('broken')
    },
  })
  const admin = await connectAdmin(socket)
  const error = await t.throwsAsync(async () => admin?.cancelUpload('x'), { instanceOf: IbuildError })
  t.like(error, { code: 'OBJECT_NOT_FOUND', message: 'no upload x is open', hint: 'Look.' })
  await t.throwsAsync(async () => admin?.reload(), { code: 'SERVER_FAILED', message: 'broken' })
})

test.serial('an export is stopped when who asked for it goes away', async (t) => {
  const begun = Promise.withResolvers<void>()
  const stopped = Promise.withResolvers<void>()
  const socket = await listening(t, {
    exportLayouts: async (_request, signal) => {
      signal?.addEventListener('abort', () => stopped.resolve())
      begun.resolve()
      return new Promise(() => undefined)
    },
  })
  const admin = await connectAdmin(socket)
  const asking = new AbortController()
  const request = { folder: '/x', references: [], isAll: false, isCopy: false, isUpdate: false }
  const asked = t.throwsAsync(async () => admin?.exportLayouts(request, asking.signal), { name: 'AbortError' })
  await begun.promise
  asking.abort()
  await asked
  await t.notThrowsAsync(stopped.promise)
})

/** A hold of so many pages, with how often it was released. */
function holdOf(pages: number): { readonly hold: RegistryHold; readonly released: () => number } {
  let released = 0
  const hold: RegistryHold = {
    async *rows() {
      for (let i = 0; i < pages; i++) yield [{ key: `k ${i} ü`, value: 'x'.repeat(100_000) }]
    },
    isHeld: () => released === 0,
    release: async () => void released++,
  }
  return { hold, released: () => released }
}

async function untilTrue(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !isSo(); i++) await sleep(10)
}

test.serial('rows come as they are, and the hold lasts until who asked for it lets go', async (t) => {
  const { hold, released } = holdOf(30)
  const admin = await connectAdmin(await listening(t, { hold: async () => hold }))
  const mine = await admin?.hold()
  const keys: string[] = []
  for await (const rows of mine?.rows() ?? []) keys.push(...rows.map(({ key }) => key))
  t.deepEqual(
    keys,
    Array.from({ length: 30 }, (_, i) => `k ${i} ü`),
  )
  await sleep(50)
  t.is(released(), 0, 'all rows were told, and it holds')
  t.true(mine?.isHeld())
  await mine?.release()
  await untilTrue(() => released() > 0)
  t.is(released(), 1)
  t.false(mine?.isHeld())
})

test.serial('a hold ends with who asked for it, in the midst of the rows as well', async (t) => {
  const { hold, released } = holdOf(1000)
  const admin = await connectAdmin(await listening(t, { hold: async () => hold }))
  const mine = await admin?.hold()
  for await (const _ of mine?.rows() ?? []) break
  t.is(released(), 0)
  await mine?.release()
  await untilTrue(() => released() > 0)
  t.is(released(), 1)
})

test.serial('rows that end before their end are an error, not a part taken for all', async (t) => {
  const broken: RegistryHold = {
    async *rows() {
      yield [{ key: 'a', value: '1' }]
      await sleep(50) // the first line is on its way
      throw new Error('the metadata were opened anew')
    },
    isHeld: () => true,
    release: async () => undefined,
  }
  const admin = await connectAdmin(await listening(t, { hold: async () => broken }))
  const mine = await admin?.hold()
  const read = async (): Promise<void> => {
    for await (const _ of mine?.rows() ?? []);
  }
  await t.throwsAsync(read(), { code: 'SERVER_FAILED', message: /before it had told all rows/ })
  t.false(mine?.isHeld())
})

test.serial('what refuses a hold says why', async (t) => {
  const refuse = async (): Promise<never> => {
    throw new IbuildError('DISK_FULL', 'full', { hint: 'Free some.' })
  }
  const admin = await connectAdmin(await listening(t, { hold: refuse }))
  await t.throwsAsync(async () => admin?.hold(), { code: 'DISK_FULL', message: 'full' })
})

for (const [title, method, path, body, message] of [
  ['a path that is none', 'GET', '/v1/nothing', '', /knows no GET/],
  ['a method that is none', 'DELETE', '/v1/status', '', /knows no DELETE/],
  ['a body that is no JSON', 'PUT', '/v1/read-only', '{', /JSON/],
  ['another value', 'PUT', '/v1/read-only', '"true"', /must be true or false/],
  ['a large body', 'PUT', '/v1/read-only', ' '.repeat(70_000), /too large/],
] as const) {
  test.serial(`refused: ${title}`, async (t) => {
    const sent = request({ socketPath: await listening(t), method, path, agent: false })
    sent.end(body)
    const answer = await new Promise<string>((resolve, reject) => {
      sent.on('error', reject).on('response', (response) => resolve(text(response)))
    })
    t.regex(JSON.parse(answer).error.message, message)
  })
}
