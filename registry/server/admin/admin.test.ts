import { statSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import { temporaryFolder } from '../../../e2e/testing/temporary.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { createLog } from '../log.ts'
import { connectAdmin } from './client.ts'
import { createAdminServer } from './server.ts'
import { listenOnSocket } from './socket.ts'
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
    cancelUpload: unused,
    reload: unused,
    ...calls,
  }
  const log = createLog({ level: 'error', format: 'json' }, { write: () => undefined, isTerminal: false })
  const server = createAdminServer(admin, log)
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
