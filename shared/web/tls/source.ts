import { join } from 'node:path'
import type { Log } from '../../log/log.ts'
import { parseAddress } from '../address.ts'
import { type AutoFiles, certificateNames, ensureAutoFiles, renewalTime } from './auto.ts'
import { readMaterial, type TlsFiles, type TlsMaterial, type TlsSettings } from './material.ts'
import { type FileWatch, filesNow, watchFiles } from './watch.ts'

/** What a certificate is for, and where it comes from. */
export interface TlsConfig {
  readonly tls: TlsSettings
  /** Address that is listened on. */
  readonly listen: string
}

/** Where a server's certificate comes from, as long as it runs. */
export interface TlsSource {
  readonly material: TlsMaterial
  /** Where the own CA's certificate is; undefined for certificates of others. */
  readonly authority: string | undefined
  /** Reads all anew, with another configuration perhaps. What cannot be used is not taken. Errors: TLS_INVALID. */
  refresh(config: TlsConfig): Promise<void>
  close(): void
}

export interface TlsSourceOptions {
  readonly config: TlsConfig
  /** For what the server makes itself, in its folder `tls`. */
  readonly folder: string
  /** What the server is, for the name of its CA: `registry`. */
  readonly what: string
  readonly log: Log
  /** Is told of material that is to be used from now on. */
  readonly onChange: (material: TlsMaterial) => void
}

const hour = 3_600_000

/** Undefined without TLS. Errors: TLS_INVALID. */
export async function openTlsSource({
  config,
  folder,
  what,
  log,
  onChange,
}: TlsSourceOptions): Promise<TlsSource | undefined> {
  if (config.tls.mode === 'off') return undefined
  let current = config
  let files = await filesOf(current, { folder, what })
  const since = await filesNow(watched(files, current))
  let material = await readMaterial(files, current.tls)
  let watch: FileWatch | undefined
  const refresh = async (next: TlsConfig): Promise<void> => {
    const nextFiles = await filesOf(next, { folder, what })
    const now = await filesNow(watched(nextFiles, next))
    material = await readMaterial(nextFiles, next.tls)
    const isElsewhere = watched(nextFiles, next).join() !== watched(files, current).join()
    ;[current, files] = [next, nextFiles]
    if (isElsewhere) watchAgain(now)
    warnOfTime(material, log)
    onChange(material)
  }
  const refreshOrWarn = (): void => {
    refresh(current).then(
      () => log.info('the certificate was read again', { until: material.certificate.validToDate.toISOString() }),
      (error: unknown) => log.warn('the certificate stays as it was: the new one cannot be used', { error }),
    )
  }
  const watchAgain = (from: string): void => {
    watch?.close()
    watch = watchFiles(watched(files, current), from, refreshOrWarn)
  }
  watchAgain(since)
  warnOfTime(material, log)
  const timer = setInterval(() => {
    warnOfTime(material, log)
    if (current.tls.mode === 'auto' && Date.now() >= renewalTime(material.certificate)) refreshOrWarn()
  }, hour).unref()
  return {
    get material() {
      return material
    },
    authority: authorityOf(files),
    refresh,
    close() {
      clearInterval(timer)
      watch?.close()
    },
  }
}

/** It is served all the same: a clock may be wrong, and some clients do not look. */
function warnOfTime({ certificate: { validFromDate, validToDate } }: TlsMaterial, log: Log): void {
  const now = Date.now()
  if (validToDate.getTime() < now)
    log.warn('the certificate is over its time: clients will refuse it', { until: validToDate.toISOString() })
  if (validFromDate.getTime() > now)
    log.warn('the time of the certificate has not begun: clients will refuse it', { from: validFromDate.toISOString() })
}

async function filesOf(
  { tls, listen }: TlsConfig,
  { folder, what }: Pick<TlsSourceOptions, 'folder' | 'what'>,
): Promise<TlsFiles | AutoFiles> {
  if (tls.mode === 'files') return tls
  const { host } = parseAddress(listen, 'listen')
  return ensureAutoFiles(join(folder, 'tls'), { what, names: certificateNames(tls.names, host) })
}

function watched({ certificate, key }: TlsFiles, { tls }: TlsConfig): readonly string[] {
  return [certificate, key, ...tls.clientCA]
}

function authorityOf(files: TlsFiles | AutoFiles): string | undefined {
  return 'authority' in files ? files.authority : undefined
}
