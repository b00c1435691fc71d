import { dirname, resolve } from 'node:path'
import { errnoOf, IbuildError } from '../../../shared/base/errors.ts'
import { readStart } from '../../../shared/cas/read-start.ts'
import { isPlainObject } from '../../../shared/config/kinds.ts'
import type { Setting, Source } from '../../../shared/config/read.ts'
import { parseYaml } from '../../../shared/config/yaml-text.ts'

const largestFile = 1024 * 1024

/** What a file with a configuration holds, as plain values. Errors: SERVER_CONFIG_INVALID. */
export async function readConfigFile(file: string): Promise<unknown> {
  const parsed = parseYaml(await readText(file))
  if ('problem' in parsed) throw new IbuildError('SERVER_CONFIG_INVALID', `${file}: ${parsed.problem}`)
  return parsed.value ?? {}
}

/** How a section of a file is read. */
interface SectionReader {
  readonly settingsOf: (object: unknown, file: string) => Source
  readonly pathKeys: ReadonlySet<string>
}

/** What a section of a file says; paths in it are relative to the folder of the file. */
export function sectionOf({ settingsOf, pathKeys }: SectionReader, value: unknown, file: string): Source {
  return withAbsolutePaths(settingsOf(value, file), file, pathKeys)
}

/**
 * What a file says, with the values of `pathKeys` as absolute paths: those in a file are relative to its folder, as a server may be
 * started from anywhere.
 */
export function withAbsolutePaths(source: Source, file: string, pathKeys: ReadonlySet<string>): Source {
  const folder = dirname(resolve(file))
  const absolute = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(absolute)
    if (isPlainObject(value)) return withAbsoluteFiles(value, absolute)
    return typeof value === 'string' && value !== '' && !/^https?:/i.test(value) ? resolve(folder, value) : value
  }
  const settings = [...source.settings].map(([path, { value, origin }]): [string, Setting] => [
    path,
    { value: pathKeys.has(path) ? absolute(value) : value, origin },
  ])
  return { ...source, settings: new Map(settings) }
}

const fileKeys = ['keys', 'keyFile', 'secretFile', 'caFile', 'passwordFile']

/** Of a map in a list, as issuers of tokens and endpoints of events are. */
function withAbsoluteFiles(map: object, absolute: (value: unknown) => unknown): object {
  return Object.fromEntries(
    Object.entries(map).map(([name, one]) => [name, fileKeys.includes(name) ? absolute(one) : one]),
  )
}

async function readText(file: string): Promise<string> {
  try {
    const bytes = await readStart(file, largestFile + 1)
    if (bytes.length > largestFile) throw new IbuildError('SERVER_CONFIG_INVALID', `${file}: has more than 1 MiB`)
    return bytes.toString('utf8')
  } catch (cause) {
    if (cause instanceof IbuildError) throw cause
    throw new IbuildError('SERVER_CONFIG_INVALID', `${file} cannot be read (${errnoOf(cause) ?? 'unknown reason'})`, {
      cause,
    })
  }
}
