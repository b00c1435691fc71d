import type { SourceLocation } from '../../shared/base/errors.ts'
import type { ImageConfig } from '../../shared/oci/config.ts'
import { type ExpandOptions, expandWord, expandWords } from '../dockerfile/expand.ts'
import type { PlannedHistory, PlanOptions, Step } from './types.ts'

/** PATH of a Linux image whose base sets none (FR07). */
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

type Settings = NonNullable<ImageConfig['config']>
type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Marks the history entries that a build of ours writes. */
export const historyComment = 'ibuild.dockerfile.v0'

/** About what a history entry takes beside its text: time, comment, and the names of these. */
const entryOverhead = 120

/** What the instructions of a stage have made so far. One per stage; a stage FROM a stage starts with a copy. */
export interface StageState {
  readonly options: PlanOptions
  readonly escape: '\\' | '`'
  readonly globals: ReadonlyMap<string, string>
  image: Mutable<ImageConfig>
  settings: Mutable<Settings>
  /** What becomes the image's environment and labels; the settings have them when the stage is closed. */
  readonly imageEnv: Map<string, string>
  readonly labels: Map<string, string>
  /** Image environment and ARGs in textual order: what words expand with and what RUN sees. */
  readonly env: Map<string, string>
  /** {@link env} as lines, kept while it does not change: steps share them. */
  envLines: readonly string[] | undefined
  /** Declared ARGs in order; a value of undefined was declared and never given. */
  buildArgs: Map<string, string | undefined>
  /** CMD was set in this stage, so a later ENTRYPOINT keeps it (CF03). */
  cmdSet: boolean
  steps: Step[]
  history: PlannedHistory[]
  /** About the length of the history as JSON, in characters. */
  historySize: number
}

export interface InheritedState {
  readonly image: ImageConfig
  readonly env?: ReadonlyMap<string, string>
  readonly buildArgs?: ReadonlyMap<string, string | undefined>
}

/** The state at the start of a stage. `inherited` is the base's config, with the ARGs of a base that is a stage (FR03). */
export function createStageState(
  inherited: InheritedState,
  shared: Pick<StageState, 'options' | 'escape' | 'globals'>,
): StageState {
  const settings: Mutable<Settings> = { ...inherited.image.config }
  const environment = parseEnvironment(settings.Env ?? [])
  if (!environment.has('PATH')) environment.set('PATH', defaultPath)
  settings.Env = formatEnvironment(environment)
  delete settings.OnBuild
  return {
    ...shared,
    image: { ...inherited.image },
    settings,
    imageEnv: environment,
    labels: new Map(Object.entries(settings.Labels ?? {})),
    envLines: undefined,
    env: new Map([...environment, ...(inherited.env ?? [])]),
    buildArgs: new Map(inherited.buildArgs),
    cmdSet: false,
    steps: [],
    history: [],
    historySize: 0,
  }
}

export function parseEnvironment(lines: readonly string[]): Map<string, string> {
  const environment = new Map<string, string>()
  for (const line of lines) {
    const at = line.indexOf('=')
    environment.set(at < 0 ? line : line.slice(0, at), at < 0 ? '' : line.slice(at + 1))
  }
  return environment
}

/** Sets a variable for words and RUN. */
export function setVariable(state: StageState, name: string, value: string): void {
  state.env.set(name, value)
  state.envLines = undefined
}

export function formatEnvironment(environment: ReadonlyMap<string, string>): string[] {
  return [...environment].map(([key, value]) => `${key}=${value}`)
}

/** A word as this stage sees it at this line. */
export function expand(state: StageState, word: string, location: SourceLocation): string {
  return expandWord(word, expandOptions(state, location))
}

export function expandToWords(state: StageState, word: string, location: SourceLocation): string[] {
  return expandWords(word, expandOptions(state, location))
}

export function expandOptions(state: StageState, location: SourceLocation): ExpandOptions {
  return { variables: state.env, escape: state.escape, location }
}

/** Absolute working directory at this line. */
export function workdirOf(state: StageState): string {
  return state.settings.WorkingDir || '/'
}

/** Adds a history entry of an instruction that makes no layer. */
export function recordEmpty(state: StageState, createdBy: string): void {
  state.history.push({ entry: { created_by: createdBy, comment: historyComment, empty_layer: true }, step: undefined })
  state.historySize += createdBy.length + entryOverhead
}

/** Adds a step with its history entry. */
export function recordStep(state: StageState, step: Step, createdBy: string): void {
  state.history.push({ entry: { created_by: createdBy, comment: historyComment }, step: state.steps.length })
  state.historySize += createdBy.length + entryOverhead
  state.steps.push(step)
}
