import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { type Registry, type RegistryProgram, startRegistry } from '../../testing/registry.ts'
import { startServe } from '../../testing/serve.ts'

/** A folder of a test with a short path, because daemons make sockets in it. */
export function shortFolder(t: Pick<ExecutionContext, 'teardown'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'rc-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Our server, empty, until the test is over; its `HOST:PORT`. IBUILD_TEST_REGISTRY names a registry of others to try instead. */
export async function ourServer(t: ExecutionContext): Promise<string> {
  const other = process.env['IBUILD_TEST_REGISTRY']
  if (other !== undefined) return (await peerServer(t, other as RegistryProgram)).host
  const server = await startServe(join(shortFolder(t), 'data'))
  t.teardown(() => server.close())
  return server.host
}

/** A registry of others, empty, until the test is over. */
export async function peerServer(t: ExecutionContext, program: RegistryProgram): Promise<Registry> {
  const folder = join(shortFolder(t), program)
  mkdirSync(folder)
  const registry = await startRegistry(folder, program)
  t.teardown(() => registry.close())
  return registry
}
