import { isIP } from 'node:net'
import type { TlsSettings } from './tls/material.ts'

/** What of the settings of TLS, in the section `tls`, would have no effect, or cannot be had together. */
export function tlsProblems({ mode, certificate, key, names, clientCA }: TlsSettings): readonly string[] {
  const isFiles = mode === 'files'
  const unused = `is used with tls.mode files only, and that is ${mode}`
  return [
    ...(isFiles && certificate === '' ? ['tls.certificate: is missing, and tls.mode is files'] : []),
    ...(isFiles && key === '' ? ['tls.key: is missing, and tls.mode is files'] : []),
    ...(!isFiles && certificate !== '' ? [`tls.certificate: ${unused}`] : []),
    ...(!isFiles && key !== '' ? [`tls.key: ${unused}`] : []),
    ...(mode !== 'auto' && names.length > 0 ? [`tls.names: is used with tls.mode auto only, and that is ${mode}`] : []),
    ...names.filter((name) => !isHost(name)).map((name) => `tls.names: ${JSON.stringify(name)} is no name of a host`),
    ...(mode === 'off' && clientCA.length > 0 ? ['tls.clientCA: needs TLS, and tls.mode is off'] : []),
  ]
}

/** What is wrong with networks of proxies that are believed, in the key `trustedProxies`. */
export function proxyProblems(networks: readonly string[]): readonly string[] {
  return networks
    .filter((network) => network.endsWith('/0'))
    .map((network) => `trustedProxies: ${network} is everybody, and everybody could say that he is somebody else`)
}

/** An IP address, or a DNS name whose first part may be `*`. */
function isHost(name: string): boolean {
  return isIP(name) !== 0 || (name.length <= 253 && /^(?:\*\.)?[a-z\d_-]{1,63}(?:\.[a-z\d_-]{1,63})*$/i.test(name))
}
