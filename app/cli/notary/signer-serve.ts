import { IbuildError } from '../../../shared/base/errors.ts'
import type { LogSettings } from '../../../shared/log/log.ts'
import type { ServeSignerConfig } from '../../serve/serve-signer.ts'
import { type Command, collect, createParser, parseArguments } from '../arguments.ts'
import { dataFolder } from '../data-folder.ts'
import { processHost } from '../serve/process-host.ts'
import { declareSecretFlags, type SecretFlags, secretOf } from './signer-flags.ts'

interface Flags extends SecretFlags {
  readonly listen: string
  readonly type: string
  readonly tlsName?: string[]
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly clientCa?: string[]
  readonly client?: string[]
  readonly logLevel: string
  readonly logFormat: string
}

const help = `
Only a notary server that shows a certificate is answered, over TLS 1.3, and no private key leaves
this process. Without --tls-cert a CA is made in ROOT/notary/signer/tls, with a certificate for this
server and one for the notary server: client.crt, client.key and ca.crt, which are to be copied to it
and named as signer.certificate, signer.key and signer.ca of its configuration, beside
signer.mode: remote and signer.address: HOST:PORT.
Without a key file or passphrase the keys are locked with ROOT/notary/signer/signer.key, which is
made at the first start: a copy of the keys is worth nothing without it.`

function signerParser(): Command {
  const parser = createParser('notary signer serve', 'Sign for notary servers in other processes')
    .option('--listen <host:port>', 'address to listen on; port 0 takes a free one', '127.0.0.1:7899')
    .option('--type <type>', 'ed25519 or ecdsa: type of keys that are made from now on', 'ed25519')
    .option('--tls-name <name>', 'name or address that the notary server uses, for the certificate (repeat)', collect)
    .option('--tls-cert <file>', 'PEM file with a certificate of your own')
    .option('--tls-key <file>', 'PEM file with its private key')
    .option('--client-ca <file>', 'PEM file with the CA of the notary server, beside --tls-cert (repeat)', collect)
    .option('--client <name>', 'name in the certificate of a notary server (repeat) (default: notary)', collect)
    .option('--log-level <level>', 'error, warn, info or debug', 'info')
    .option('--log-format <format>', 'auto, json or text', 'auto')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  return declareSecretFlags(parser)
}

/** `ibuild notary signer serve` */
export async function run(argv: readonly string[]): Promise<number> {
  const { options: flags } = parseArguments<Flags>(signerParser(), argv)
  const config = configOf(flags)
  const { serveSigner } = await import('../../serve/serve-signer.ts')
  return serveSigner(config, processHost())
}

function configOf(flags: Flags): ServeSignerConfig {
  const { listen, client, tlsName = [] } = flags
  return {
    root: dataFolder(flags.root),
    listen,
    type: oneOf(flags.type, '--type', ['ed25519', 'ecdsa']),
    secret: secretOf(flags, process.env),
    tls: tlsOf(flags),
    names: tlsName,
    ...(client !== undefined && { clients: client }),
    log: logOf(flags),
  }
}

function logOf({ logLevel, logFormat }: Flags): LogSettings {
  return {
    level: oneOf(logLevel, '--log-level', ['error', 'warn', 'info', 'debug']),
    format: oneOf(logFormat, '--log-format', ['auto', 'json', 'text']),
  }
}

function tlsOf({ tlsCert, tlsKey, clientCa, tlsName }: Flags): ServeSignerConfig['tls'] {
  if (tlsCert === undefined && tlsKey === undefined && clientCa === undefined) return undefined
  if (tlsCert === undefined || tlsKey === undefined || clientCa === undefined) {
    throw usage('--tls-cert, --tls-key and --client-ca go together')
  }
  if (tlsName !== undefined) throw usage('--tls-name is for a certificate that is made here, and --tls-cert names one')
  return { certificate: tlsCert, key: tlsKey, clientCA: clientCa }
}

function oneOf<Word extends string>(word: string, flag: string, words: readonly Word[]): Word {
  const found = words.find((one) => one === word)
  if (found === undefined) throw usage(`${flag} is ${words.join(' or ')}, not ${JSON.stringify(word.slice(0, 60))}`)
  return found
}

function usage(message: string): IbuildError {
  return new IbuildError('USAGE', message)
}
