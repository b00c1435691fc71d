import { IbuildError } from '../../shared/base/errors.ts'
import type {
  ArgInstruction,
  CommandInstruction,
  HealthcheckInstruction,
  KeyValueInstruction,
  ShellInstruction,
  WordInstruction,
  WordsInstruction,
} from '../dockerfile/types.ts'
import { goQuoteList } from './go-quote.ts'
import { parsePorts } from './ports.ts'
import { expand, expandToWords, recordEmpty, type StageState, setVariable } from './stage-state.ts'
import { parseSignal } from './stop-signal.ts'

/** ARG: pairs of one line are seen from left to right (V07); a value without default comes from the global scope (A02). */
export function applyArg(state: StageState, instruction: ArgInstruction): void {
  const texts: string[] = []
  for (const { key, value } of instruction.args) {
    const fallback = value === undefined ? undefined : expand(state, value, instruction.location)
    const given = state.options.buildArgs.get(key) ?? fallback
    const effective = given ?? (value === undefined ? state.globals.get(key) : undefined)
    if (effective !== undefined) setVariable(state, key, effective)
    state.buildArgs.set(key, effective)
    texts.push(effective === undefined ? key : `${key}=${effective}`)
  }
  recordEmpty(state, `ARG ${texts.join(' ')}`)
}

/** ENV: all pairs of one line expand with the environment before the line (V07). */
export function applyEnv(state: StageState, instruction: KeyValueInstruction): void {
  const pairs = expandPairs(state, instruction)
  for (const [key, value] of pairs) {
    state.imageEnv.set(key, value)
    setVariable(state, key, value)
  }
  recordEmpty(state, `ENV ${pairs.map(([key, value]) => `${key}=${value}`).join(' ')}`)
}

export function applyLabel(state: StageState, instruction: KeyValueInstruction): void {
  const pairs = expandPairs(state, instruction)
  for (const [key, value] of pairs) state.labels.set(key, value)
  recordEmpty(state, `LABEL ${pairs.map(([key, value]) => `${key}=${value}`).join(' ')}`)
}

function expandPairs(state: StageState, { kind, pairs, location }: KeyValueInstruction): [string, string][] {
  return pairs.map(({ key, value }) => {
    const name = expand(state, key, location)
    if (name === '')
      throw new IbuildError('DOCKERFILE_EXPANSION', `${kind} names can not be blank: ${key} is empty`, { location })
    return [name, expand(state, value, location)]
  })
}

/** CMD and ENTRYPOINT; an ENTRYPOINT clears a CMD that is not of this stage (CF03). */
export function applyCommand(state: StageState, instruction: CommandInstruction): void {
  const { command } = instruction
  const args = command.form === 'exec' ? [...command.args] : [...shellOf(state), command.text]
  setCommand(state, instruction.kind === 'CMD' ? 'Cmd' : 'Entrypoint', args)
  if (instruction.kind === 'CMD') {
    state.settings.ArgsEscaped = true
    state.cmdSet = true
  } else if (!state.cmdSet) delete state.settings.Cmd
  recordEmpty(state, `${instruction.kind} ${goQuoteList(args)}`)
}

/** An empty list clears what the base has. */
function setCommand(state: StageState, key: 'Cmd' | 'Entrypoint', args: readonly string[]): void {
  if (args.length === 0) delete state.settings[key]
  else state.settings[key] = args
}

/** The shell of shell-form commands: SHELL, else /bin/sh -c. */
export function shellOf(state: StageState): readonly string[] {
  const shell = state.settings.Shell
  return shell !== undefined && shell.length > 0 ? shell : ['/bin/sh', '-c']
}

export function applyShell(state: StageState, instruction: ShellInstruction): void {
  state.settings.Shell = [...instruction.args]
  recordEmpty(state, `SHELL [${instruction.args.join(' ')}]`)
}

export function applyHealthcheck(state: StageState, instruction: HealthcheckInstruction): void {
  const { test, interval, timeout, startPeriod, startInterval, retries } = instruction
  state.settings.Healthcheck = {
    Test: [...test],
    ...(interval > 0 && { Interval: interval }),
    ...(timeout > 0 && { Timeout: timeout }),
    ...(startPeriod > 0 && { StartPeriod: startPeriod }),
    ...(startInterval > 0 && { StartInterval: startInterval }),
    ...(retries > 0 && { Retries: retries }),
  }
  const times = [interval, timeout, startPeriod, startInterval].map(goDuration)
  recordEmpty(
    state,
    `HEALTHCHECK {Test:[${test.join(' ')}] Interval:${times[0]} Timeout:${times[1]} StartPeriod:${times[2]} StartInterval:${times[3]} Retries:${retries}}`,
  )
}

/** Nanoseconds as Go prints a duration: 0s, 1.5s, 1m30s, 2h0m0s, 250ms. */
function goDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s'
  const seconds = nanoseconds / 1e9
  if (seconds < 1) return nanoseconds >= 1e6 ? `${nanoseconds / 1e6}ms` : `${nanoseconds / 1e3}µs`
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  const rest = `${Number((seconds % 60).toFixed(9))}s`
  if (hours > 0) return `${hours}h${minutes}m${rest}`
  return minutes > 0 ? `${minutes}m${rest}` : rest
}

/** EXPOSE: words split after expansion, ranges and protocols normalised (CF04). */
export function applyExpose(state: StageState, { values, location }: WordsInstruction): void {
  const words = values.flatMap((value) => expandToWords(state, value, location))
  const ports = parsePorts(words, location)
  state.settings.ExposedPorts = {
    ...state.settings.ExposedPorts,
    ...Object.fromEntries(ports.map((port) => [port, {}])),
  }
  recordEmpty(state, `EXPOSE [${ports.join(' ')}]`)
}

export function applyVolume(state: StageState, { values, location }: WordsInstruction): void {
  const paths = values.map((value) => expand(state, value, location))
  state.settings.Volumes = { ...state.settings.Volumes, ...Object.fromEntries(paths.map((path) => [path, {}])) }
  recordEmpty(state, `VOLUME [${paths.join(' ')}]`)
}

/** USER, STOPSIGNAL and MAINTAINER; WORKDIR is a step. */
export function applyWord(state: StageState, { kind, value, location }: WordInstruction): void {
  const word = kind === 'MAINTAINER' ? value : expand(state, value, location)
  if (kind === 'USER') state.settings.User = word
  if (kind === 'STOPSIGNAL') state.settings.StopSignal = parseSignal(word, location)
  if (kind === 'MAINTAINER') state.image.author = word
  recordEmpty(state, `${kind} ${word}`)
}
