import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { needs } from '../../testing/needs.ts'
import { temporaryFolder } from '../../testing/temporary.ts'
import { sharedServers } from '../testing/shared-servers.ts'
import { stockClient } from '../testing/stock-client.ts'
import type { TrustServer } from '../testing/trust-server.ts'

const servers = sharedServers(test)
const both = needs(test, 'notary', ...servers.flatMap(({ needed }) => needed))

/** What stands beside a target is signed by the stock client as it is written, and verified in canonical form: these are the same. */
const taken = [
  '{"a":1}',
  '"str"',
  '{"a":null,"b":[true,false,{}]}',
  '{"a":"é"}',
  '{"a":-1}',
  '{"a":9007199254740991}',
  '{"a":"q\\"b\\\\c"}',
  '{"～":3,"😀":4}',
]
/** These are not, so that the signature does not count, there and here. */
const refused = [
  '{"b":1,"a":2}',
  '{"a":10.0}',
  '{"a":1e3}',
  '{"a":-0}',
  '{"a":"\\u00e9"}',
  '{"a":"x\\/y"}',
  '{"a":"x\\ny"}',
  '{"a":"x<y"}',
  '{"😀":4,"～":3}',
]
/** Refused by both, by ours because no two readers may see two things. */
const refusedOtherwise = ['{"a":1,"a":2}', '{"a":9007199254740993}', '{"a":1.5}']

let count = 0

async function publish(t: { teardown(fn: () => void): void }, server: TrustServer, custom: string): Promise<string> {
  const folder = temporaryFolder(t)
  const client = stockClient(server, join(folder, 'client'))
  const gun = `localhost:5000/team/custom-${++count}`
  writeFileSync(join(folder, 'one'), 'one\n')
  writeFileSync(join(folder, 'custom.json'), custom)
  await client.notary('init', gun)
  await client.notary('add', gun, 'v1', join(folder, 'one'), '--custom', join(folder, 'custom.json'))
  const { code, text } = await client.try('publish', gun)
  if (code === 0) await stockClient(server, join(folder, 'reader')).notary('lookup', gun, 'v1')
  return text.trim().split('\n').at(-1)?.replaceAll(gun, 'GUN') ?? ''
}

async function publishToBoth(t: { teardown(fn: () => void): void }, custom: string): Promise<readonly string[]> {
  const said: string[] = []
  for (const { server } of servers) said.push(await publish(t, await server(), custom))
  return said
}

for (const custom of taken) {
  both(`both servers take ${custom} beside a target`, async (t) => {
    const [expected, found] = await publishToBoth(t, custom)
    t.regex(expected ?? '', /Successfully published/)
    t.is(found, expected)
  })
}

for (const custom of refused) {
  both(`both servers refuse ${custom} beside a target`, async (t) => {
    const [expected, found] = await publishToBoth(t, custom)
    t.regex(expected ?? '', /valid signatures did not meet threshold for targets/)
    t.regex(found ?? '', /valid signatures did not meet threshold for targets/)
  })
}

for (const custom of refusedOtherwise) {
  both(`both servers refuse ${custom} beside a target, ours in its own words`, async (t) => {
    const [expected, found] = await publishToBoth(t, custom)
    t.regex(expected ?? '', /The targets metadata is invalid: /)
    t.regex(found ?? '', /The targets metadata is invalid: targets\.json: /)
  })
}
