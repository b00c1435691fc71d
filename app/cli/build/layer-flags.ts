import type { Squash } from '../../../builder/squash/groups.ts'
import type { MaxLayers } from '../../../builder/squash/layer-limit.ts'
import { mostLayers } from '../../../builder/squash/layer-limit.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import type { FlagGroup } from './flag-group.ts'

/** How many layers the image gets. */
export interface LayerFlags {
  readonly squash?: string
  readonly maxLayers?: string
}

export const layerFlags: FlagGroup<LayerFlags> = {
  declare: (parser) =>
    parser
      .option('--squash [=all]', 'merge the layers of this build to one; with =all those of the base too')
      .option('--max-layers <count>', maxLayersHelp),
  toOptions: ({ squash, maxLayers }) => ({
    ...(squash !== undefined && { squash: parseSquash(squash) }),
    ...(maxLayers !== undefined && { maxLayers: parseMaxLayers(maxLayers) }),
  }),
}

/** What `--max-layers` does, for the help of every command that has it. */
export const maxLayersHelp =
  'merge neighbouring layers until there are at most so many; auto for as many as can be used'

/** The words of a command line with `--squash` given a value, so that it does not take the next word for one. */
export function withSquashValue(argv: readonly string[]): string[] {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length
  return argv.map((word, i) => (word === '--squash' && i < end ? '--squash=new' : word))
}

function parseSquash(text: string): Squash {
  if (text === 'new' || text === 'all') return text
  throw new IbuildError('USAGE', `--squash=${text}: there are only --squash and --squash=all`)
}

/** `auto`, or from 1 to 127. Errors: USAGE. */
export function parseMaxLayers(text: string): MaxLayers {
  if (text === 'auto') return text
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= mostLayers) return count
  throw new IbuildError(
    'USAGE',
    `--max-layers: ${JSON.stringify(text)} is not auto or a number from 1 to ${mostLayers}`,
  )
}
