import type { SourceLocation } from '../../shared/base/errors.ts'

/** A Dockerfile as parsed: words are raw (unexpanded), because what a variable means is only known when planning. */
export interface Dockerfile {
  /** Escape character of the file: `\` or a backtick. */
  readonly escape: '\\' | '`'
  readonly directives: Directives
  /** ARG instructions before the first FROM, in order. */
  readonly metaArgs: readonly ArgInstruction[]
  readonly stages: readonly Stage[]
  /** Findings that are not errors (empty continuation lines, legacy forms, ...). */
  readonly warnings: readonly DockerfileWarning[]
}

export interface Directives {
  readonly syntax?: string
  readonly check?: string
  /** `# check=skip=RULE` comments above single instructions. */
  readonly local?: readonly LocalCheck[]
}

/** Rules that are not reported for one instruction or FROM, known by its first line. */
export interface LocalCheck {
  readonly startLine: number
  readonly skip: ReadonlySet<string> | 'all'
  readonly experimental: ReadonlySet<string> | 'all'
}

/** What a check of the Dockerfile found; the build goes on. */
export interface DockerfileWarning {
  /** Rule name as BuildKit spells it, e.g. `NoEmptyContinuation`. */
  readonly rule: string
  readonly message: string
  readonly location: SourceLocation
}

export interface Stage {
  /** Lower-cased name after AS, undefined when it has none. */
  readonly name: string | undefined
  readonly index: number
  /** The image or stage after FROM, raw. */
  readonly base: string
  readonly platform: string | undefined
  readonly location: SourceLocation
  readonly instructions: readonly Instruction[]
}

/** A shell-form or exec-form command line. `files` carries the heredocs of a RUN in shell form. */
export type CommandLine =
  | { readonly form: 'shell'; readonly text: string; readonly heredocs: readonly Heredoc[] }
  | { readonly form: 'exec'; readonly args: readonly string[] }

export interface Heredoc {
  /** File name or terminator word, unquoted. */
  readonly name: string
  /** Body with tabs already chomped for `<<-`. */
  readonly content: string
  /** False when the word was quoted: then variables in the body stay as they are. */
  readonly expand: boolean
  /** File descriptor digits before `<<`, '' when none. */
  readonly fd: string
  /** True for `<<-`. */
  readonly chomp: boolean
}

interface Base {
  /** Upper-case keyword. */
  readonly location: SourceLocation
  /** The instruction as written with continuations joined, for progress and history, e.g. `RUN echo hi`. */
  readonly source: string
}

export interface KeyValue {
  readonly key: string
  readonly value: string
}

export interface ArgInstruction extends Base {
  readonly kind: 'ARG'
  /** `value` undefined means: no default. */
  readonly args: readonly { readonly key: string; readonly value: string | undefined }[]
}

export interface KeyValueInstruction extends Base {
  readonly kind: 'ENV' | 'LABEL'
  readonly pairs: readonly KeyValue[]
}

export interface RunInstruction extends Base {
  readonly kind: 'RUN'
  readonly command: CommandLine
  /** `--network`, raw. */
  readonly network: string | undefined
}

export interface CopyInstruction extends Base {
  readonly kind: 'COPY' | 'ADD'
  /** Source words, raw; not including heredocs. */
  readonly sources: readonly string[]
  readonly heredocs: readonly Heredoc[]
  readonly destination: string
  /** `--from`, raw; COPY only. */
  readonly from: string | undefined
  readonly chown: string | undefined
  readonly chmod: string | undefined
  /** `--unpack`, ADD only; undefined when not given. */
  readonly unpack: boolean | undefined
}

export interface CommandInstruction extends Base {
  readonly kind: 'CMD' | 'ENTRYPOINT'
  readonly command: CommandLine
}

export interface ShellInstruction extends Base {
  readonly kind: 'SHELL'
  readonly args: readonly string[]
}

/** USER, WORKDIR, STOPSIGNAL: one word, expanded. MAINTAINER: text, not expanded. */
export interface WordInstruction extends Base {
  readonly kind: 'USER' | 'WORKDIR' | 'STOPSIGNAL' | 'MAINTAINER'
  readonly value: string
}

/** Words are raw; EXPOSE splits again after expansion. */
export interface WordsInstruction extends Base {
  readonly kind: 'EXPOSE' | 'VOLUME'
  readonly values: readonly string[]
}

/** Durations are nanoseconds, 0 when not given. */
export interface HealthcheckInstruction extends Base {
  readonly kind: 'HEALTHCHECK'
  /** ["NONE"], ["CMD", ...] or ["CMD-SHELL", text]. */
  readonly test: readonly string[]
  readonly interval: number
  readonly timeout: number
  readonly startPeriod: number
  readonly startInterval: number
  readonly retries: number
}

export interface OnbuildInstruction extends Base {
  readonly kind: 'ONBUILD'
  /** The trigger as stored in the image config, heredoc bodies included. */
  readonly trigger: string
}

export type Instruction =
  | ArgInstruction
  | KeyValueInstruction
  | RunInstruction
  | CopyInstruction
  | CommandInstruction
  | ShellInstruction
  | WordInstruction
  | WordsInstruction
  | HealthcheckInstruction
  | OnbuildInstruction

/** Variables that an expansion can see. */
export type Variables = ReadonlyMap<string, string>
