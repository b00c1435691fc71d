import { IbuildError } from '../../shared/base/errors.ts'
import { expandWord } from '../dockerfile/expand.ts'
import type { ArgInstruction, Dockerfile } from '../dockerfile/types.ts'
import type { PlanOptions } from './types.ts'

/** Names that every RUN sees when given by --build-arg, without an ARG line, outside of cache key and history (A06). */
const proxyNames: ReadonlySet<string> = new Set(
  ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()]),
)

/** ARGs before the first FROM and the automatic platform ARGs: visible in FROM, and in stages that declare them again. */
export function globalScope(dockerfile: Dockerfile, options: PlanOptions): ReadonlyMap<string, string> {
  const scope = automaticArgs(options)
  for (const instruction of dockerfile.metaArgs) {
    for (const arg of instruction.args) {
      const value = argValue(arg, { scope, options, dockerfile, instruction })
      if (value !== undefined) scope.set(arg.key, value)
    }
  }
  return scope
}

/** TARGETPLATFORM and its kin (A07); --build-arg wins over them. */
function automaticArgs(options: PlanOptions): Map<string, string> {
  const { os, architecture, variant } = options.platform
  const platform = [os, architecture, variant].filter(Boolean).join('/')
  const scope = new Map<string, string>()
  for (const side of ['TARGET', 'BUILD']) {
    scope.set(`${side}PLATFORM`, platform)
    scope.set(`${side}OS`, os)
    scope.set(`${side}OSVERSION`, '')
    scope.set(`${side}ARCH`, architecture)
    scope.set(`${side}VARIANT`, variant ?? '')
  }
  scope.set('TARGETSTAGE', options.target ?? 'default')
  for (const name of scope.keys()) scope.set(name, options.buildArgs.get(name) ?? scope.get(name) ?? '')
  return scope
}

interface ArgPlace {
  readonly scope: ReadonlyMap<string, string>
  readonly options: PlanOptions
  readonly dockerfile: Dockerfile
  readonly instruction: ArgInstruction
}

/** What an ARG line gives: --build-arg, else the expanded default, else nothing. */
function argValue(
  arg: { readonly key: string; readonly value: string | undefined },
  { scope, options, dockerfile, instruction }: ArgPlace,
): string | undefined {
  const given = options.buildArgs.get(arg.key)
  if (given !== undefined) return given
  if (arg.value === undefined) return undefined
  return expandWord(arg.value, { variables: scope, escape: dockerfile.escape, location: instruction.location })
}

/** `KEY=value` of the predefined proxy ARGs that were given and not declared. */
export function proxyEnvironment(options: PlanOptions, declared: ReadonlySet<string>): string[] {
  return [...options.buildArgs]
    .filter(([name]) => proxyNames.has(name) && !declared.has(name))
    .map(([name, value]) => `${name}=${value}`)
}

/**
 * SOURCE_DATE_EPOCH in milliseconds: --build-arg, else the default of an ARG before the first FROM (A11). Errors:
 * DOCKERFILE_EXPANSION, NOT_SUPPORTED for the forms that take the time from a context or a stage.
 */
export function sourceDateEpoch(globals: ReadonlyMap<string, string>, { buildArgs }: PlanOptions): number | undefined {
  const text = buildArgs.get('SOURCE_DATE_EPOCH') ?? globals.get('SOURCE_DATE_EPOCH') ?? ''
  if (text === '') return undefined
  if (/^\d{1,11}$/.test(text)) return Number(text) * 1000
  const isName = /^[a-zA-Z][\w.-]*$/.test(text)
  throw isName
    ? new IbuildError('NOT_SUPPORTED', `SOURCE_DATE_EPOCH=${text}: a time from a context or stage is not supported yet`)
    : new IbuildError('DOCKERFILE_EXPANSION', `invalid SOURCE_DATE_EPOCH: ${JSON.stringify(text)}`, {
        hint: 'Give seconds since 1970 as a whole number.',
      })
}
