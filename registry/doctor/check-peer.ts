import { X509Certificate } from 'node:crypto'
import { ask } from './ask.ts'
import { checkPeerClock } from './check-clock.ts'
import { checkChain } from './check-tls.ts'
import { type Check, checked } from './types.ts'

/** What a registry says before anybody is let in: that it is one, its clock, its certificates, its token service. */
export async function checkPeer(url: URL, isTrusted: boolean): Promise<readonly Check[]> {
  const found: Check[] = []
  const first = await checked('registry', async () => {
    const { status, date, challenge, certificates } = await ask(new URL('/v2/', url))
    if (status !== 200 && status !== 401) {
      return {
        status: 'fail',
        message: `${url.origin}/v2/ answers with ${status}: no registry`,
        mend: 'Let a proxy in front pass on all of /v2/.',
      }
    }
    found.push(checkPeerClock(date))
    const chain = certificates.map((pem) => new X509Certificate(pem))
    if (chain.length > 0 && !isTrusted) found.push(...checkChain(chain, { host: hostOf(url), now: Date.now() }))
    if (challenge !== undefined) found.push(await checkTokenService(challenge))
    return { status: 'ok', message: `${url.origin} answers` }
  })
  return [first.status === 'fail' ? { mend: notReached, ...first } : first, ...found]
}

const notReached = 'Let the server run, and look at the address, and at firewalls and proxies between here and there.'

/** As an address is written elsewhere than in a URL. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '')
}

/** Whether who gives tokens can be reached from here. */
async function checkTokenService(challenge: string): Promise<Check> {
  const realm = /^Bearer .*?realm="([^"]{1,2000})"/i.exec(challenge)?.[1]
  if (realm === undefined)
    return { name: 'token service', status: 'ok', message: 'there is none: logins go with each request' }
  return checked('token service', async () => {
    const { status } = await ask(new URL(realm))
    const mend = 'Clients are sent there: let it be reached under that address, from here too.'
    const isThere = status < 500 && status !== 404
    return { status: isThere ? 'ok' : 'fail', message: `${realm} answers with ${status}`, ...(!isThere && { mend }) }
  })
}
