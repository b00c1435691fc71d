import test from 'ava'
import { failsWith, testClient } from './testing/client.ts'

for (const domain of ['a.example:99999', 'localhost:65536', '256.1.1.1', '1.2.3.4.5']) {
  test(`what the grammar of names takes for a host, and nobody can reach: ${domain}`, async (t) => {
    const repository = testClient(t).repository({ domain, path: 'app' })
    const error = await failsWith(t, 'REGISTRY_UNREACHABLE', repository.manifest('1'))
    t.true(error.message.includes(`app: ${domain} is neither a host nor an address with a port`), error.message)
  })
}
