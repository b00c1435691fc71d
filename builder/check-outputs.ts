import { realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { IbuildError } from '../shared/base/errors.ts'
import { fullName } from '../shared/base/reference.ts'
import type { BuildOptions } from './build-types.ts'
import { checkCompression } from './export/check-compression.ts'
import { checkDestination } from './export/check-destination.ts'
import type { OutputSpec, RegistryOutput } from './output-types.ts'
import { registryNames } from './transfer/registry-names.ts'

/** Refuses, before anything runs, outputs that cannot all be written. Errors: USAGE. */
export function checkOutputs({ outputs = [], stdout, annotations, tags = [], publisher }: BuildOptions): void {
  const places = new Set<string>()
  for (const output of outputs) {
    checkCompression(output)
    checkDestination(output)
    if (output.type === 'registry') checkRegistry(output, { tags, publisher })
    const place = placeOf(output, tags)
    if (places.has(place)) throw taken(output)
    places.add(place)
  }
  if (places.has('-') && stdout === undefined)
    throw new IbuildError('USAGE', 'an output to - needs a stream to write to')
  const hasIndex = outputs.some(({ type }) => type === 'oci' || type === 'docker')
  if (hasIndex || annotations === undefined || annotations.descriptor.size === 0) return
  throw new IbuildError('USAGE', 'an annotation of the manifest-descriptor needs an archive that has an index', {
    hint: 'Add -o type=oci,dest=PATH, or annotate the manifest.',
  })
}

/** One text for one place, however it is written. */
function placeOf(output: OutputSpec, tags: readonly string[]): string {
  if (output.type === 'registry') return `registry ${(output.names ?? tags).map(fullName).sort().join()}`
  if (output.type === 'daemon') return `daemon ${output.host}`
  if (output.dest === '-') return '-'
  const path = resolve(output.dest)
  try {
    return realpathSync(path)
  } catch {
    return join(realFolder(dirname(path)), basename(path))
  }
}

function realFolder(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return folder
  }
}

/** Errors: USAGE. */
function checkRegistry(
  output: RegistryOutput,
  { tags, publisher }: Required<Pick<BuildOptions, 'tags'>> & { readonly publisher: BuildOptions['publisher'] },
): void {
  registryNames(output, tags)
  if (output.annotations !== undefined && output.annotations.descriptor.size > 0)
    throw new IbuildError(
      'USAGE',
      'an image of one platform has no index in a registry, and so no manifest-descriptor',
      {
        hint: 'Annotate the manifest.',
      },
    )
  if (publisher === undefined) throw new IbuildError('USAGE', 'an output of type registry needs a publisher')
}

function taken(output: OutputSpec): IbuildError {
  if (output.type === 'registry') return new IbuildError('USAGE', 'two outputs go to the same name in a registry')
  if (output.type === 'daemon') return new IbuildError('USAGE', 'two outputs go to the same Docker daemon')
  const where = output.dest === '-' ? 'stdout' : output.dest
  return new IbuildError('USAGE', `two outputs go to ${where}`, { hint: 'Give each a dest=PATH of its own.' })
}
