import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { listening, testAuthority } from '../../shared/net/testing/stand-in.ts'
import { configOf, settingsOf } from './config/read.ts'
import { makeServer } from './web-server.ts'

test('TLS must come about in the time that headers have', async (t) => {
  const { certificate: cert, key } = testAuthority().issue('127.0.0.1')
  const tls = { options: { cert, key }, asksClients: false, certificate: new X509Certificate(cert) }
  const config = configOf([settingsOf({ limits: { headersTimeout: '200ms' } }, 'f.yml')])
  const server = makeServer(config, tls, (_, response) => response.end())
  t.teardown(() => server.close())
  const accepted = once(server, 'connection')
  const client = connect(await listening(server), '127.0.0.1')
  t.teardown(() => client.destroy())
  const [socket]: Socket[] = await accepted
  const isCutOff = (): boolean => socket?.destroyed === true
  for (let i = 0; i < 200 && !isCutOff(); i++) await sleep(40)
  t.true(isCutOff())
})
