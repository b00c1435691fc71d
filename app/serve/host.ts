import type { Log } from '../../shared/log/log.ts'
import type { TrustConnection } from './registry-trust.ts'
import type { FreshImages } from './source-wanted.ts'

/** What a server needs of the process that it runs in. */
export interface ServeHost {
  /** One line for whoever waits for the server; scripts read it. */
  readonly tellReady: (line: string) => void
  /** Takes lines of the log. */
  readonly writeLog: (text: string) => void
  /** True when people read the log as it is written. */
  readonly isTerminal: boolean
  /** Is called for each SIGHUP. */
  readonly onReload: (work: () => void) => void
  /** How trust servers elsewhere are reached, by the environment and files of who started it. */
  readonly trustConnection: (onNotice: (text: string) => void) => Promise<TrustConnection>
  /** How images are had that are kept fresh. `root`: the data folder. Nothing is opened before the first one is asked for. */
  readonly freshImages: (root: string, log: Pick<Log, 'warn'>) => Promise<FreshImages & AsyncDisposable>
  /** Of this program. */
  readonly version: string
  /** Resolves when the server is asked to stop. */
  readonly stopped: Promise<unknown>
}
