import { cacheRules } from './cache-rules.ts'
import type { FileGroup } from './file-group.ts'
import { chownOwner, instructionOf, placeOf } from './layer-words.ts'
import type { LayerSource } from './types.ts'
import type { CacheGroup, HiddenGroup } from './waste-tally.ts'

/** What the rewrites of one image are made from. */
type Layers = readonly LayerSource[]

const unknownLayer = { text: '', inBase: false } as const

function layerAt(layers: Layers, number: number): Pick<LayerSource, 'text' | 'location' | 'inBase'> {
  return layers[number] ?? unknownLayer
}

function placeAt(layers: Layers, number: number): string {
  return placeOf(layerAt(layers, number), number)
}

/** How to write the Dockerfile so that no layer hides these files. */
export function rewriteHidden(layers: Layers, group: HiddenGroup): string {
  const holder = layerAt(layers, group.layer)
  if (holder.inBase) return rewriteBase(layers, group)
  if (cacheRules[group.rule]?.kind === 'vcs' && isCopy(holder)) {
    return keepOut(layers, group.layer, controlName(group.files))
  }
  if (group.how === 'duplicated') return rewriteDuplicate(layers, group)
  const [kind, killer] = [instructionOf(holder), instructionOf(layerAt(layers, group.by))]
  const rule = cacheRules[group.rule]
  if (rule?.kind === 'cache' && kind === 'RUN') return `in ${placeAt(layers, group.layer)} ${rule.rewrite}`
  if (kind === 'RUN' && killer === 'RUN') return joinRuns(layers, group)
  if (kind === 'RUN')
    return `leave out in ${placeAt(layers, group.layer)} what ${placeAt(layers, group.by)} brings, or build with --squash`
  if (group.how === 'deleted') {
    return `${keepOut(layers, group.layer, undefined)}; or build with --squash`
  }
  return `bring the final files only once: change them before the build or in a stage of their own, and leave them out of ${placeAt(layers, group.layer)}; or build with --squash`
}

function joinRuns(layers: Layers, { layer, by, how }: HiddenGroup): string {
  const verb = how === 'deleted' ? 'removes' : 'changes'
  return `join the RUN of ${placeAt(layers, layer)} and ${placeAt(layers, by)} with &&, so that one layer makes and ${verb} the files; or build with --squash`
}

function rewriteBase(layers: Layers, { by, how, changes }: HiddenGroup): string {
  if (layerAt(layers, by).inBase) return 'nothing in this Dockerfile: the base is made this way; --squash=all drops it'
  const place = placeAt(layers, by)
  if (how === 'deleted')
    return `the base still holds what ${place} removes: choose a smaller base, or build with --squash=all`
  if (how === 'overwritten')
    return `choose a newer base that has the files of ${place} already, or build with --squash=all`
  const what = changes.length === 0 ? 'writes the files again as they are' : `changes only the ${changes.join(' and ')}`
  return `${place} ${what}: name only the files that need it, or build with --squash=all`
}

function rewriteDuplicate(layers: Layers, group: HiddenGroup): string {
  const [from, by] = [placeAt(layers, group.layer), placeAt(layers, group.by)]
  const [kind, killer] = [instructionOf(layerAt(layers, group.layer)), instructionOf(layerAt(layers, group.by))]
  if (isCopy(layerAt(layers, group.by))) return `${by} copies the same files as ${from}: copy them once`
  const flags = copyFlags(layers, group)
  if (isCopy(layerAt(layers, group.layer)) && flags.length > 0) {
    return `write \`${kind} ${flags.join(' ')}\` in ${from} and drop the ${commandsOf(group)} of ${by}`
  }
  if (kind === 'RUN' && killer === 'RUN') {
    return `join the RUN of ${from} and ${by} with &&: the ${commandsOf(group)} then costs nothing; or build with --squash`
  }
  return `leave the files as ${from} made them: ${by} stores all of them again; or build with --squash`
}

/** Flags of COPY that give the files what the later layer gave them. */
function copyFlags(layers: Layers, { by, changes, owner, mode }: HiddenGroup): string[] {
  const flags: string[] = []
  if (changes.includes('owner'))
    flags.push(`--chown=${chownOwner(layerAt(layers, by).text) ?? owner.value ?? 'USER:GROUP'}`)
  if (changes.includes('mode')) flags.push(`--chmod=${mode.value === undefined ? 'MODE' : mode.value.toString(8)}`)
  return flags
}

function commandsOf({ changes }: HiddenGroup): string {
  const names = { owner: 'chown', mode: 'chmod', time: 'touch', xattrs: 'change of attributes' } as const
  if (changes.length === 0) return 'second copy'
  // Whatever writes a file again also gives it a time: it is named only where it is all there is.
  const told = changes.length > 1 ? changes.filter((change) => change !== 'time') : changes
  return told.map((change) => names[change]).join(' and ')
}

/** How not to leave a cache, or data of a version control, in the image. */
export function rewriteCache(layers: Layers, { origin, rule, files }: CacheGroup): string {
  const { kind, rewrite } = cacheRules[rule] ?? { kind: 'cache', rewrite: '' }
  const holder = layerAt(layers, origin)
  if (holder.inBase) return 'nothing in this Dockerfile: the base holds it'
  if (isCopy(holder)) return keepOut(layers, origin, kind === 'vcs' ? controlName(files) : undefined)
  const place = placeAt(layers, origin)
  return kind === 'vcs' ? `remove it in ${place} after use, or clone in a stage of its own` : `in ${place} ${rewrite}`
}

function isCopy(layer: Pick<LayerSource, 'text'>): boolean {
  return instructionOf(layer) === 'COPY' || instructionOf(layer) === 'ADD'
}

/** How a COPY does not take something. `name` is that of a directory, wherever it lies. */
function keepOut(layers: Layers, layer: number, name: string | undefined): string {
  const place = placeAt(layers, layer)
  const what = name ?? 'the files'
  if (/\s--from=/.test(layerAt(layers, layer).text)) return `remove ${what} in the stage that ${place} copies from`
  return name === undefined
    ? `keep the files out of ${place} with a line in .dockerignore`
    : `put the line \`**/${name}\` into .dockerignore`
}

/** `.git` or what else the directory of a version control is called. */
function controlName({ examples }: FileGroup): string {
  return /(?:^|\/)(\.(?:git|hg|svn|bzr))\//.exec(examples[0]?.path ?? '')?.[1] ?? '.git'
}

/** How not to have one content several times. */
export function rewriteIdentical(layers: Layers, layer: number): string {
  const how = layerAt(layers, layer).inBase ? '' : ' (`ln` in the RUN that makes them, or symlinks in the context)'
  return `have one file, and links to it in the other places${how}`
}
