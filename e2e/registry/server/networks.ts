import { requireProgram } from '../../testing/programs.ts'
import { runOk } from '../../testing/run.ts'

/** Two network namespaces with a cable between them, as two machines. */
export interface Networks {
  readonly server: { readonly name: string; readonly address: string }
  readonly client: { readonly name: string; readonly address: string }
}

let counter = 0

/** Makes the namespaces; they go with the test. Needs root and ip. */
export async function makeNetworks(t: { teardown(fn: () => unknown): void }): Promise<Networks> {
  const ip = requireProgram('ip')
  const id = `ib${process.pid.toString(36)}${counter++}`
  const server = { name: `${id}s`, address: '10.213.7.1' }
  const client = { name: `${id}c`, address: '10.213.7.2' }
  for (const { name } of [server, client]) {
    await runOk(ip, ['netns', 'add', name])
    t.teardown(() => runOk(ip, ['netns', 'del', name]))
  }
  const cable = ['veth0', 'netns', server.name, 'type', 'veth', 'peer', 'name', 'veth0', 'netns', client.name]
  await runOk(ip, ['link', 'add', ...cable])
  for (const { name, address } of [server, client]) {
    await runOk(ip, ['-n', name, 'address', 'add', `${address}/24`, 'dev', 'veth0'])
    for (const device of ['lo', 'veth0']) await runOk(ip, ['-n', name, 'link', 'set', device, 'up'])
  }
  return { server, client }
}
