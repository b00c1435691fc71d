import type { Source } from '../../../shared/config/read.ts'
import { type Command, collect, createParser } from '../arguments.ts'
import { namesFiles, type ServerFlags, settingsOfRows, settingsOfServerFlags } from './server-flags.ts'

/** The options of the commands that serve. */
export interface ServeFlags extends ServerFlags {
  readonly insecureAnonymousPush?: boolean
  readonly readOnly?: boolean
  readonly notaryListen?: string
}

const help = `
Without any configuration the registry listens on 127.0.0.1:5000, for this machine alone.
Flags come before variables (IBUILD_REGISTRY_LISTEN for listen), and these before the file.
SIGHUP reads the file again; SIGTERM waits for requests that are there, a second one does not.
To serve other machines with TLS, to those that log in:
  ibuild registry user add ann
  ibuild serve --listen :5000 --tls auto --tls-name registry.example.org`

/** A parser for `ibuild NAME` that serves; `withNotary` what it serves beside a registry. */
export function serveParser(name: string, summary: string, withNotary: boolean): Command {
  const parser = createParser(name, summary)
    .option('--listen <host:port>', 'address to listen on; port 0 takes a free one (default: 127.0.0.1:5000)')
    .option('--config <file>', 'YAML file with the configuration (default: IBUILD_REGISTRY_CONFIG)')
    .option('--check-config', 'print the configuration that would be in force, and do not serve')
    .option('--tls <mode>', 'off, files, or auto: an own CA and a certificate of it')
    .option('--tls-name <name>', 'name or address that clients use, for --tls auto (repeat)', collect)
    .option('--tls-cert <file>', 'PEM file with the certificate, for --tls files')
    .option('--tls-key <file>', 'PEM file with its private key')
    .option('--insecure-plain-http', 'allow plain HTTP on an address that other machines reach')
    .option('--insecure-anonymous-push', 'allow everyone who reaches the address to push and delete')
    .option('--insecure-anonymous-metrics', 'allow everyone who reaches the address of --metrics-listen to read there')
    .option('--read-only', 'refuse all that writes')
    .option('--log-level <level>', 'error, warn, info or debug')
    .option('--log-format <format>', 'auto, json or text')
    .option('--metrics-listen <host:port>', 'address of its own for /metrics, /healthz and /readyz')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  return withNotary
    ? parser.option('--notary-listen <host:port>', 'address of the notary; off for none (default: 127.0.0.1:4443)')
    : parser
}

/** What the flags set of the configuration of the notary. */
export function notarySettingsOf({ notaryListen }: ServeFlags): Source {
  return settingsOfRows([['listen', '--notary-listen', notaryListen]])
}

/** What the flags set of the configuration. */
export function settingsOfFlags(flags: ServeFlags): Source {
  const wantsOwnCA = flags.tls === undefined && !namesFiles(flags) && flags.tlsName !== undefined
  return settingsOfServerFlags(flags, [
    ['tls.mode', '--tls', wantsOwnCA ? 'auto' : undefined],
    ['insecure.anonymousPush', '--insecure-anonymous-push', flags.insecureAnonymousPush],
    ['readOnly', '--read-only', flags.readOnly],
  ])
}
