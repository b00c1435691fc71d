import type { Setting, Source } from '../../../shared/config/read.ts'

/** The options that all commands have that serve by a configuration. */
export interface ServerFlags {
  readonly root?: string
  readonly listen?: string
  readonly config?: string
  readonly checkConfig?: boolean
  readonly tls?: string
  readonly tlsName?: string[]
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly insecurePlainHttp?: boolean
  readonly insecureAnonymousMetrics?: boolean
  readonly logLevel?: string
  readonly logFormat?: string
  readonly metricsListen?: string
}

/** A key of the configuration, the option that sets it, and what it sets it to: nothing where that is undefined. */
export type FlagRow = readonly [path: string, flag: string, value: unknown]

/** What the flags set of a configuration; of two rows for one key the one of `own` counts. */
export function settingsOfServerFlags(flags: ServerFlags, own: readonly FlagRow[]): Source {
  return settingsOfRows([
    ['listen', '--listen', flags.listen],
    ['tls.mode', '--tls', flags.tls ?? (namesFiles(flags) ? 'files' : undefined)],
    ['tls.names', '--tls-name', flags.tlsName],
    ['tls.certificate', '--tls-cert', flags.tlsCert],
    ['tls.key', '--tls-key', flags.tlsKey],
    ['insecure.plainHttp', '--insecure-plain-http', flags.insecurePlainHttp],
    ['insecure.anonymousMetrics', '--insecure-anonymous-metrics', flags.insecureAnonymousMetrics],
    ['log.level', '--log-level', flags.logLevel],
    ['log.format', '--log-format', flags.logFormat],
    ['metrics.listen', '--metrics-listen', flags.metricsListen],
    ...own,
  ])
}

/** True where an option names a certificate, or its key. */
export function namesFiles({ tlsCert, tlsKey }: ServerFlags): boolean {
  return tlsCert !== undefined || tlsKey !== undefined
}

export function settingsOfRows(rows: readonly FlagRow[]): Source {
  const given = rows.filter(([, , value]) => value !== undefined)
  const settings = new Map(given.map(([path, flag, value]): [string, Setting] => [path, { value, origin: flag }]))
  return { settings, problems: [], notices: [] }
}
