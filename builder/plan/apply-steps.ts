import { IbuildError, type SourceLocation } from '../../shared/base/errors.ts'
import { expandHeredoc } from '../dockerfile/expand.ts'
import { looksSecret } from '../dockerfile/lint-secrets.ts'
import { resolveShellForm } from '../dockerfile/shell-form.ts'
import { checkSources } from '../dockerfile/sources.ts'
import type { CommandLine, CopyInstruction, RunInstruction, WordInstruction } from '../dockerfile/types.ts'
import type { NetworkMode } from '../exec/types.ts'
import { shellOf } from './apply-settings.ts'
import { proxyEnvironment } from './scope.ts'
import {
  expand,
  expandOptions,
  formatEnvironment,
  recordEmpty,
  recordStep,
  type StageState,
  workdirOf,
} from './stage-state.ts'
import type { CopyStep, RunStep } from './types.ts'

/** Host name of RUN steps; it does not depend on the build, so that what they make does not either (A08). */
const defaultHostname = 'buildkitsandbox'

function stepBase(state: StageState, { source, location }: { source: string; location: SourceLocation }) {
  const secrets = [...state.env].filter(([name, value]) => value !== '' && looksSecret(name)).map(([, value]) => value)
  return { title: source, source, location, secrets, user: state.settings.User ?? '', workdir: workdirOf(state) }
}

export function applyRun(state: StageState, instruction: RunInstruction): void {
  const { args, script } = commandOf(state, instruction.command)
  recordStep(
    state,
    {
      ...stepBase(state, instruction),
      kind: 'run',
      args,
      script,
      env: (state.envLines ??= formatEnvironment(state.env)),
      argNames: [...state.buildArgs.keys()],
      proxyEnv: proxyEnvironment(state.options, new Set(state.buildArgs.keys())),
      network: networkOf(state, instruction),
      hostname: state.options.buildArgs.get('BUILDKIT_SANDBOX_HOSTNAME') ?? defaultHostname,
    },
    `RUN ${[...argPrefix(state), ...args].join(' ')} # buildkit`,
  )
}

/** The words to execute, and the script among them when a heredoc alone is one (H05, H06). */
function commandOf(state: StageState, command: CommandLine): Pick<RunStep, 'args' | 'script'> {
  if (command.form === 'exec') return { args: [...command.args], script: undefined }
  const { text, file } = resolveShellForm(command)
  return { args: [...shellOf(state), text], script: file }
}

/** `|N key=value ...`: the ARGs that a RUN saw, in its history entry (A10). */
function argPrefix(state: StageState): string[] {
  if (state.buildArgs.size === 0) return []
  const pairs = [...state.buildArgs].map(([key, value]) => `${key}=${state.env.get(key) ?? value ?? ''}`)
  return [`|${pairs.length}`, ...pairs]
}

function networkOf(state: StageState, { network, location }: RunInstruction): NetworkMode {
  if (network === undefined) return state.options.network
  const mode = expand(state, network, location)
  if (mode === 'none' || mode === 'host' || mode === 'default') return mode
  throw new IbuildError('DOCKERFILE_SYNTAX', `invalid network mode ${JSON.stringify(mode)}`, {
    location,
    hint: 'Use --network=default, none or host.',
  })
}

/** `from` is already found among stages and images. */
export function applyCopy(state: StageState, instruction: CopyInstruction, from: CopyStep['from']): void {
  const { location } = instruction
  const word = (text: string): string => expand(state, text, location)
  const sources = instruction.sources.map(word)
  checkSources(instruction.kind, sources, location)
  const step: CopyStep = {
    ...stepBase(state, instruction),
    kind: 'copy',
    instruction: instruction.kind,
    from,
    sources,
    inlineFiles: instruction.heredocs.map((heredoc) => ({
      name: heredoc.name,
      content: heredoc.expand ? expandHeredoc(heredoc.content, expandOptions(state, location)) : heredoc.content,
    })),
    destination: word(instruction.destination),
    chown: instruction.chown === undefined ? undefined : word(instruction.chown),
    chmod: instruction.chmod === undefined ? undefined : word(instruction.chmod),
    unpack: instruction.unpack,
  }
  recordStep(state, step, copyHistory(step))
}

function copyHistory({ instruction, chown, chmod, sources, inlineFiles, destination }: CopyStep): string {
  const words = [
    instruction,
    ...(chown === undefined ? [] : [`--chown=${chown}`]),
    ...(chmod === undefined ? [] : [`--chmod=${chmod}`]),
    ...sources,
    ...inlineFiles.map(({ name }) => `<<${name}`),
    destination,
  ]
  return `${words.join(' ')} # buildkit`
}

/** WORKDIR: a step that makes the directory, except for the root (CF06, 1.16). */
export function applyWorkdir(state: StageState, instruction: WordInstruction): void {
  const workdir = resolveWorkdir(workdirOf(state), expand(state, instruction.value, instruction.location))
  state.settings.WorkingDir = workdir
  if (workdir === '/') recordEmpty(state, 'WORKDIR /')
  else recordStep(state, { ...stepBase(state, instruction), kind: 'workdir' }, `WORKDIR ${workdir}`)
}

/** An absolute path replaces the previous one, a relative one joins it; cleaned of `.`, `..` and double slashes. */
export function resolveWorkdir(previous: string, path: string): string {
  const parts: string[] = []
  for (const part of (path.startsWith('/') ? path : `${previous}/${path}`).split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}
