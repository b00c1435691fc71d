import { buffer } from 'node:stream/consumers'
import type { BuildOptions, ContextSource, DockerfileSource, OutputSpec } from '../../builder/build-types.ts'
import type { Limits, NetworkMode } from '../../builder/exec/types.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { suggest } from '../../shared/base/suggest.ts'
import type { BuildFlags } from './build-flags.ts'
import { parseCount, parseSize } from './sizes.ts'

/** Flags as the builder wants them. Errors: USAGE. */
export async function toBuildOptions(context: string, flags: BuildFlags, root: string): Promise<BuildOptions> {
  if (context === '-' && flags.file === '-') {
    throw new IbuildError('USAGE', 'the context and the Dockerfile cannot both come from stdin')
  }
  return {
    root,
    context: contextOf(context),
    dockerfile: await dockerfileOf(flags.file),
    tags: flags.tag ?? [],
    ...(flags.target !== undefined && { target: flags.target }),
    buildArgs: buildArgsOf(flags.buildArg ?? []),
    labels: new Map((flags.label ?? []).map((text) => splitPair(text, ''))),
    outputs: (flags.output ?? []).map(parseOutput),
    stdout: process.stdout,
    noCache: !flags.cache,
    noCacheStages: (flags.cacheFilter === true ? [] : flags.cacheFilter).flatMap((text) => text.split(',')),
    network: parseNetwork(flags.network),
    extraHosts: (flags.addHost ?? []).map(parseHost),
    ...(flags.runtime !== undefined && { runtime: flags.runtime }),
    limits: limitsOf(flags),
  }
}

function contextOf(context: string): ContextSource {
  if (context === '-') return { kind: 'stream', stream: process.stdin }
  if (/^(?:https?|git|ssh):\/\//.test(context) || context.startsWith('git@')) {
    throw new IbuildError('NOT_SUPPORTED', `a context from a URL is not supported yet: ${context}`, {
      hint: 'Fetch it first and give the folder, or pipe a tar into ibuild with - as context.',
    })
  }
  return { kind: 'directory', path: context }
}

async function dockerfileOf(file: string | undefined): Promise<DockerfileSource> {
  if (file === undefined) return { kind: 'default' }
  if (file === '-') return { kind: 'bytes', bytes: await buffer(process.stdin) }
  return { kind: 'path', path: file }
}

/**
 * `K=V`, or `K` alone for the value in the environment; a K that is not there is left out (A09). SOURCE_DATE_EPOCH is taken
 * from the environment in any case.
 */
function buildArgsOf(texts: readonly string[]): Map<string, string> {
  const epoch = process.env['SOURCE_DATE_EPOCH']
  const given = new Map(epoch === undefined ? [] : [['SOURCE_DATE_EPOCH', epoch]])
  for (const text of texts) {
    const [key, value] = splitPair(text, undefined)
    const effective = value ?? process.env[key]
    if (effective !== undefined) given.set(key, effective)
  }
  return given
}

function splitPair<Missing>(text: string, missing: Missing): [string, string | Missing] {
  const at = text.indexOf('=')
  const key = at < 0 ? text : text.slice(0, at)
  if (key.trim() === '')
    throw new IbuildError('USAGE', `${JSON.stringify(text)} has no key`, { hint: 'Write KEY=VALUE.' })
  return [key, at < 0 ? missing : text.slice(at + 1)]
}

/** `type=oci,dest=PATH`; a path alone means type=local, `-` alone type=tar, as in docker. */
export function parseOutput(text: string): OutputSpec {
  if (!text.includes('=')) return { type: text === '-' ? 'tar' : 'local', dest: text }
  const fields = new Map(text.split(',').map((part) => splitPair(part, '')))
  const type = fields.get('type')
  if (type !== 'oci' && type !== 'docker' && type !== 'local' && type !== 'tar') {
    const hint = 'Use type=oci, docker, local or tar.'
    throw new IbuildError('USAGE', `--output: type ${JSON.stringify(type ?? '')} is not supported`, { hint })
  }
  const dest = fields.get('dest') ?? (type === 'local' ? undefined : '-')
  const unknown = [...fields.keys()].find((key) => key !== 'type' && key !== 'dest')
  if (unknown !== undefined) {
    const similar = suggest(unknown, ['type', 'dest'])
    const hint = similar === undefined ? 'Use type and dest.' : `Did you mean ${similar}?`
    throw new IbuildError('USAGE', `--output: unknown key ${JSON.stringify(unknown)}`, { hint })
  }
  if (dest === undefined || dest === '' || (dest === '-' && type === 'local')) {
    throw new IbuildError('USAGE', `--output: type=${type} needs dest=PATH`)
  }
  return { type, dest }
}

export function parseNetwork(text: string): NetworkMode {
  if (text === 'default' || text === 'none' || text === 'host') return text
  throw new IbuildError('USAGE', `--network: ${JSON.stringify(text)} is not default, none or host`)
}

/** `name:ip` or `name=ip`; gives `name:ip`. */
function parseHost(text: string): string {
  const match = /^([A-Za-z0-9_.-]+)[:=]\[?([0-9a-fA-F.:]+)\]?$/.exec(text)
  if (match !== null) return `${match[1]}:${match[2]}`
  throw new IbuildError('USAGE', `--add-host: ${JSON.stringify(text)} is not name:ip`)
}

function limitsOf(flags: BuildFlags): Limits {
  return {
    ...(flags.memory !== undefined && { memory: parseSize(flags.memory, '--memory') }),
    ...(flags.shmSize !== undefined && { shmSize: parseSize(flags.shmSize, '--shm-size') }),
    ...(flags.cpuQuota !== undefined && { cpuQuota: parseCount(flags.cpuQuota, '--cpu-quota') }),
    ...(flags.cpuPeriod !== undefined && { cpuPeriod: parseCount(flags.cpuPeriod, '--cpu-period') }),
    ...(flags.cpuShares !== undefined && { cpuShares: parseCount(flags.cpuShares, '--cpu-shares') }),
    ...(flags.ulimit !== undefined && { ulimits: flags.ulimit.map(parseUlimit) }),
  }
}

function parseUlimit(text: string): { name: string; soft: number; hard: number } {
  const match = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(text)
  if (match?.[1] === undefined) {
    throw new IbuildError('USAGE', `--ulimit: ${JSON.stringify(text)} is not name=soft[:hard]`, {
      hint: 'For example nofile=1024:2048.',
    })
  }
  return { name: match[1], soft: Number(match[2]), hard: Number(match[3] ?? match[2]) }
}
