import type { Setting, Source } from '../../../shared/config/read.ts'
import { type Command, collect, createParser } from '../arguments.ts'

/** The options of the commands that serve. */
export interface ServeFlags {
  readonly root?: string
  readonly listen?: string
  readonly config?: string
  readonly checkConfig?: boolean
  readonly tls?: string
  readonly tlsName?: string[]
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly insecurePlainHttp?: boolean
  readonly insecureAnonymousPush?: boolean
  readonly insecureAnonymousMetrics?: boolean
  readonly readOnly?: boolean
  readonly logLevel?: string
  readonly logFormat?: string
  readonly metricsListen?: string
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
export function notarySettingsOf({ notaryListen: value }: ServeFlags): Source {
  const said: readonly [string, Setting][] =
    value === undefined ? [] : [['listen', { value, origin: '--notary-listen' }]]
  return { settings: new Map(said), problems: [], notices: [] }
}

/** What the flags set of the configuration. */
export function settingsOfFlags(flags: ServeFlags): Source {
  const files = flags.tlsCert !== undefined || flags.tlsKey !== undefined ? 'files' : undefined
  const all: readonly (readonly [path: string, flag: string, value: unknown])[] = [
    ['listen', '--listen', flags.listen],
    ['tls.mode', '--tls', flags.tls ?? files ?? (flags.tlsName === undefined ? undefined : 'auto')],
    ['tls.names', '--tls-name', flags.tlsName],
    ['tls.certificate', '--tls-cert', flags.tlsCert],
    ['tls.key', '--tls-key', flags.tlsKey],
    ['insecure.plainHttp', '--insecure-plain-http', flags.insecurePlainHttp],
    ['insecure.anonymousPush', '--insecure-anonymous-push', flags.insecureAnonymousPush],
    ['insecure.anonymousMetrics', '--insecure-anonymous-metrics', flags.insecureAnonymousMetrics],
    ['readOnly', '--read-only', flags.readOnly],
    ['log.level', '--log-level', flags.logLevel],
    ['log.format', '--log-format', flags.logFormat],
    ['metrics.listen', '--metrics-listen', flags.metricsListen],
  ]
  const given = all.filter(([, , value]) => value !== undefined)
  const settings = new Map(given.map(([path, flag, value]): [string, Setting] => [path, { value, origin: flag }]))
  return { settings, problems: [], notices: [] }
}
