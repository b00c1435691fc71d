import { readFile } from 'node:fs/promises'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { makeDataRoot } from '../../shared/cas/data-root.ts'
import type { Log } from '../../shared/log/log.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { createNotaryService } from '../service/create-service.ts'
import type { NotaryService, Signer } from '../service/types.ts'
import { openSignerFolder } from '../signer/open-signer.ts'
import { createRemoteSigner } from '../signer/remote-signer.ts'
import { openTrustStore } from '../store/open-trust-store.ts'
import type { NotaryConfig } from './config/schema.ts'
import { type Counts, countEvents } from './counts.ts'
import { notaryLayout } from './layout.ts'

export interface OpenNotaryOptions {
  /** Data folder. */
  readonly root: string
  readonly config: Pick<NotaryConfig, 'signer' | 'expiry' | 'retention' | 'audit' | 'storage' | 'limits'>
  /** What unlocks the keys that sign, where neither file is configured. */
  readonly passphrase: string | undefined
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>
}

/** The collections of a data folder, of which this process is the owner until the service is closed. */
export interface OpenNotary {
  readonly service: NotaryService
  readonly counts: Counts
  /** Take all rows of the databases that this process has open, as they are now: for copies of them. */
  readonly snapshots: NotarySnapshots
}

export interface NotarySnapshots {
  /** Of {@link NotaryLayout.metadata}. */
  metadata?: RowStore['snapshot']
  /** Of the keys that sign; not there when another process has them. */
  signer?: RowStore['snapshot']
}

/** Errors: SERVER_BUSY when another process has it open, STORE_INVALID, DISK_FULL, SIGNER_INVALID. */
export async function openNotary({ root, config, passphrase, log }: OpenNotaryOptions): Promise<OpenNotary> {
  const { durability } = config.storage
  const onNotice = (notice: string): void => log.warn(notice)
  await makeDataRoot(root)
  await using opened = new AsyncDisposableStack()
  const snapshots: NotarySnapshots = {}
  const signer = await openSigner(root, { config, passphrase, onNotice, snapshots })
  opened.defer(() => signer.close())
  const store = await openTrustStore({
    folder: notaryLayout(root).metadata,
    durability,
    retention: { time: config.retention.time, bytes: config.retention.size },
    audit: { time: config.audit.time, bytes: config.audit.size },
    onNotice,
    onOpen: (snapshot) => (snapshots.metadata = snapshot),
    onFailure: (error) => log.error('what followed a change of collections went wrong', { error }),
  })
  const { counts, events } = countEvents(onNotice)
  const { timestamp, snapshot } = config.expiry
  const limits = { fileBytes: config.limits.uploadSize }
  const service = createNotaryService({ store, signer, limits, lifetimes: { timestamp, snapshot }, events })
  opened.move()
  return { service, counts, snapshots }
}

interface SignerParts {
  readonly config: OpenNotaryOptions['config']
  readonly passphrase: string | undefined
  readonly onNotice: (notice: string) => void
  /** Gets what the signer has. */
  readonly snapshots: NotarySnapshots
}

async function openSigner(root: string, { config, passphrase, onNotice, snapshots }: SignerParts): Promise<Signer> {
  const { mode, keyFile, passphraseFile, type, address } = config.signer
  if (mode === 'remote') return createRemoteSigner({ address, tls: await remoteTls(config.signer) })
  const isNamed = keyFile !== '' || passphraseFile !== ''
  return openSignerFolder({
    folder: notaryLayout(root).signer,
    keyFile: keyFile || undefined,
    passphraseFile: passphraseFile || undefined,
    passphrase: isNamed ? undefined : passphrase,
    type,
    durability: config.storage.durability,
    onNotice,
    onOpen: (snapshot) => (snapshots.signer = snapshot),
    now: Date.now,
  })
}

async function remoteTls(
  files: Pick<NotaryConfig['signer'], 'ca' | 'certificate' | 'key'>,
): Promise<{ readonly ca: string; readonly certificate: string; readonly key: string }> {
  const [ca, certificate, key] = await Promise.all([files.ca, files.certificate, files.key].map(readPem))
  return { ca: ca ?? '', certificate: certificate ?? '', key: key ?? '' }
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new IbuildError('TLS_INVALID', `${file} cannot be read (${errnoOf(cause) ?? 'unknown reason'})`, { cause })
  }
}
