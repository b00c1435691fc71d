import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { listening, testAuthority } from '../net/testing/stand-in.ts'
import { makeWebServer } from './listen.ts'

test('TLS must come about in the time that headers have', async (t) => {
  const { certificate: cert, key } = testAuthority().issue('127.0.0.1')
  const tls = { options: { cert, key }, asksClients: false, certificate: new X509Certificate(cert) }
  const server = makeWebServer((_, response) => response.end(), {
    limits: { headersTimeout: 200 },
    tls,
    errorMessage: () => '',
  })
  t.teardown(() => server.close())
  const accepted = once(server, 'connection')
  const client = connect(await listening(server), '127.0.0.1')
  t.teardown(() => client.destroy())
  const [socket]: Socket[] = await accepted
  const isCutOff = (): boolean => socket?.destroyed === true
  for (let i = 0; i < 200 && !isCutOff(); i++) await sleep(40)
  t.true(isCutOff())
})
