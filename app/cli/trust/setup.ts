import { X509Certificate } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readCertificates } from '../../../notary/tuf/certificate.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { makeFolders } from '../../../shared/cas/disk.ts'
import { writeDurably } from '../../../shared/cas/write-durably.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { dataFolder } from '../data-folder.ts'
import { trustCertificates } from '../trust-connection.ts'
import { readFileAs, readTextFile } from './read-text-file.ts'

interface Flags {
  readonly root?: string
  readonly ca?: string
  readonly fingerprint?: string
}

/** Of a file with certificates, in bytes. */
const mostBytes = 128 * 1024

const help = `
It goes to ~/.docker/tls/HOST:PORT/ca.crt, where docker looks, too. Without --ca it is that of a
server of the data folder, ROOT/notary/tls/ca.crt. From another machine bring the file by a way
that you trust; nothing is taken from the network. --fingerprint holds it against what its owner
told you.`

/** `ibuild trust setup HOST:PORT` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('trust setup', 'Trust the certificates of a trust server')
    .argument('<server>', 'HOST:PORT of the trust server')
    .option('--ca <file>', 'certificate of its authority in PEM')
    .option('--fingerprint <sha256>', 'what the certificate must have, as hex digits')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const server = serverName(words[0] ?? '')
  const pem = authorityOf(flags)
  const file = join(trustCertificates(process.env), server, 'ca.crt')
  const before = existsSync(file) ? readTextFile(file, mostBytes) : ''
  const isThere = before !== '' && fingerprints(before).includes(fingerprintOf(pem))
  if (!isThere) {
    makeFolders(join(trustCertificates(process.env), server), 0o755)
    await writeDurably(file, before === '' || before.endsWith('\n') ? before + pem : `${before}\n${pem}`, 0o644)
  }
  process.stdout.write(`${file} ${isThere ? 'has it already' : 'has it now'}: ${describe(pem)}\n`)
  return 0
}

/** As docker names folders: the host, with the port unless it is 443. Errors: USAGE. */
function serverName(text: string): string {
  const url = URL.parse(`https://${text.replace(/^https:\/\//, '')}`)
  if (url !== null && url.host !== '' && `https://${url.host}/` === url.href) return url.host
  throw new IbuildError('USAGE', `not the address of a server: ${JSON.stringify(text.slice(0, 200))}`, {
    hint: 'Write it as HOST:PORT.',
  })
}

/** One certificate in PEM. Errors: USAGE, KEY_INVALID. */
function authorityOf({ root, ca, fingerprint }: Flags): string {
  const file = ca ?? join(dataFolder(root), 'notary/tls/ca.crt')
  if (ca === undefined && isMissing(file))
    throw new IbuildError('USAGE', `no server of this data folder made certificates: there is no ${file}`, {
      hint: 'Name the certificate of the authority with --ca FILE, or the data folder of the server with --root.',
    })
  const [first] = readFileAs(file, mostBytes, readCertificates)
  if (!first.ca) throw new IbuildError('USAGE', `${file} holds no certificate of an authority`)
  const pem = first.toString()
  const asked = fingerprint?.replaceAll(':', '').toLowerCase()
  if (asked === undefined || asked === fingerprintOf(pem)) return pem
  throw new IbuildError(
    'USAGE',
    `the certificate in ${file} has the fingerprint ${fingerprintOf(pem)}, not ${asked.slice(0, 80)}`,
    {
      hint: 'Somebody may have replaced it: bring it again, by a way that you trust.',
    },
  )
}

/** False for what may not be looked at: reading it says why. */
function isMissing(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) === undefined
  } catch {
    return false
  }
}

function fingerprints(pem: string): readonly string[] {
  return readCertificates(pem).map((certificate) => fingerprintOf(certificate.toString()))
}

function fingerprintOf(pem: string): string {
  return new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase()
}

function describe(pem: string): string {
  const { subject, validToDate } = new X509Certificate(pem)
  const name = subject.replaceAll('\n', ', ').replaceAll('\\,', ',')
  return `${name}, until ${validToDate.toISOString().slice(0, 10)}, sha256 ${fingerprintOf(pem)}`
}
