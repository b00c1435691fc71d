import { type Logger, pino } from 'pino'
import { escapeLine, formatLine } from './log-text.ts'

export type LogLevel = 'error' | 'warn' | 'info' | 'debug'

/** What goes into a line beside its message. Never anything secret: who logs chooses the fields. */
export type LogFields = Readonly<Record<string, unknown>>

/** Lines for operators: static text, and what differs in fields. */
export interface Log {
  readonly level: LogLevel
  error(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  debug(message: string, fields?: LogFields): void
  configure(options: LogSettings): void
  /** Hands over what waits. */
  flush(): void
}

export interface LogSettings {
  readonly level: LogLevel
  readonly format: 'auto' | 'json' | 'text'
}

/** Where lines go. */
export interface LogOutput {
  readonly write: (text: string) => void
  /** True when people read it as it is written: `auto` then is text. */
  readonly isTerminal: boolean
}

/** Lines are gathered for so many characters, or until the loop comes round. */
const batch = 64 * 1024

/** A log that hands its lines over some at a time. */
export function createLog(settings: LogSettings, { write, isTerminal }: LogOutput): Log {
  const isText = ({ format }: LogSettings): boolean => format === 'text' || (format === 'auto' && isTerminal)
  let showsText = isText(settings)
  let waiting = ''
  const flush = (): void => {
    if (waiting === '') return
    const text = waiting
    waiting = ''
    write(text)
  }
  const take = (line: string): void => {
    if (waiting === '') setImmediate(flush)
    waiting += showsText ? formatLine(line) : escapeLine(line)
    if (waiting.length > batch) flush()
  }
  const logger = makeLogger(settings.level, take)
  let { level } = settings
  return {
    get level() {
      return level
    },
    error: (message, fields = {}) => logger.error(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    info: (message, fields = {}) => logger.info(fields, message),
    debug: (message, fields = {}) => logger.debug(fields, message),
    configure(next) {
      level = next.level
      logger.level = level
      showsText = isText(next)
    },
    flush,
  }
}

function makeLogger(level: LogLevel, write: (line: string) => void): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: describe },
    },
    { write },
  )
}

/** An error as fields; its own members may hold what nobody should read. */
function describe(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return {
    ...(code !== undefined && { code }),
    message: error.message,
    ...(code === undefined && { stack: error.stack }),
    ...(error.cause !== undefined && { cause: describe(error.cause) }),
  }
}
