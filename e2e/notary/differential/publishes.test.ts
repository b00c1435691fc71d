import test from 'ava'
import { needs } from '../../testing/needs.ts'
import { comparable } from '../testing/comparable.ts'
import { better, type PublishCase, publishCases } from '../testing/publish-cases.ts'
import { sharedServers } from '../testing/shared-servers.ts'
import type { Answer, TrustServer } from '../testing/trust-server.ts'

const [reference, ours] = sharedServers(test)
const both = needs(test, 'root', 'notary-server')
let count = 0

async function answer(server: TrustServer | undefined, { run }: PublishCase, gun: string): Promise<Answer> {
  if (server === undefined) throw new Error('a server is missing')
  return run({ server, gun })
}

async function askBoth(one: PublishCase): Promise<readonly [expected: Answer, found: Answer]> {
  const gun = `localhost:5000/team/case-${++count}`
  return [await answer(await reference?.server(), one, gun), await answer(await ours?.server(), one, gun)]
}

for (const one of publishCases) {
  both(`both servers say the same: ${one.title}`, async (t) => {
    const [expected, found] = await askBoth(one)
    t.deepEqual(comparable(found), comparable(expected))
  })
}

for (const { status, message, ...one } of better) {
  both(`ours is another answer: ${one.title}`, async (t) => {
    const [expected, found] = await askBoth(one)
    t.is(found.status, status)
    t.regex(found.body.toString(), message)
    t.notDeepEqual(comparable(found), comparable(expected))
    t.true(found.body.length <= 1024)
  })
}
