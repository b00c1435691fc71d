import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { temporaryFolder } from '../../../e2e/testing/temporary.ts'
import { closeServer } from '../running.ts'
import { isAnswered, listenOnSocket } from './socket.ts'

async function listening(t: ExecutionContext, socket: string): Promise<Server> {
  const server = createServer()
  await listenOnSocket(server, socket)
  t.teardown(() => server.close())
  return server
}

test.serial('a server listens where only its user gets to, and leaves nothing else there', async (t) => {
  const folder = temporaryFolder(t)
  await listening(t, join(folder, 'admin.sock'))
  t.true(await isAnswered(join(folder, 'admin.sock')))
  t.is(statSync(join(folder, 'admin.sock')).mode & 0o777, 0o600)
  t.deepEqual(readdirSync(folder), ['admin.sock'])
})

test.serial('the end of one takes away no other of the same name, whatever folders the process has open', async (t) => {
  const folder = temporaryFolder(t)
  const [one, other] = [join(folder, 'one'), join(folder, 'other')]
  for (const each of [one, other]) mkdirSync(each)
  const ending = await listening(t, join(one, 'admin.sock'))
  await listening(t, join(other, 'admin.sock'))
  const handles = await Promise.all(Array.from({ length: 20 }, async () => open(other, 'r')))
  await closeServer(ending)
  for (const handle of handles) await handle.close()
  t.true(await isAnswered(join(other, 'admin.sock')))
})
