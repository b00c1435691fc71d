import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { suggest } from '../../shared/base/suggest.ts'
import { resolvePath } from '../layers/resolve.ts'
import type { FileTree } from '../layers/tree.ts'
import { bytesOf, textOf } from './byte-text.ts'

/** The text of a Dockerfile and where it came from. */
export interface DockerfileSource {
  /** For messages. */
  readonly name: string
  /** Path on this machine; undefined when it came from stdin or an archive. Its `.dockerignore` stands beside it. */
  readonly path: string | undefined
  readonly bytes: Uint8Array
}

export interface FindOptions {
  /** `-f`, as given; undefined for the default names. */
  readonly file: string | undefined
  /** Directory that a relative `-f` is tried in first. */
  readonly cwd: string
  /** The context's directory. */
  readonly root: string
}

/** The names that are looked for, in this order; `dockerfile` counts only where the file has just that name. */
const defaultNames = ['Dockerfile', 'dockerfile', 'Containerfile']

const maxSize = 16 * 1024 * 1024

/**
 * Reads the Dockerfile of a local context (1.14 X02): `-f` as a path from the working directory, as docker does, else from
 * the context's root; without `-f` the default names. Links are followed. CONTEXT_INVALID when there is none, with what
 * there is instead.
 */
export function findDockerfile(options: FindOptions): DockerfileSource {
  const { file, root } = options
  if (file === undefined) return findDefault(root)
  const candidates = isAbsolute(file) ? [file] : [resolve(options.cwd, file), resolve(root, file)]
  for (const path of candidates) {
    const bytes = readIfThere(path)
    if (bytes !== undefined) return { name: shownName(path, root), path, bytes }
  }
  const lowered = basename(file) === 'Dockerfile' ? lowerCaseTwin(candidates) : undefined
  if (lowered !== undefined) return { ...lowered, name: shownName(lowered.path ?? file, root) }
  throw missing(file, candidates[0] ?? file)
}

function findDefault(root: string): DockerfileSource {
  const names = namesOfContext(root)
  for (const name of defaultNames) {
    // By the directory's own names: on a case-insensitive filesystem `dockerfile` would else be found as Dockerfile.
    if (!names.includes(name)) continue
    const path = join(root, name)
    const bytes = readIfThere(path)
    if (bytes !== undefined) return { name, path, bytes }
  }
  throw missing('Dockerfile', join(root, 'Dockerfile'))
}

function lowerCaseTwin(candidates: readonly string[]): DockerfileSource | undefined {
  for (const candidate of candidates) {
    const path = join(dirname(candidate), 'dockerfile')
    const bytes = readIfThere(path)
    if (bytes !== undefined) return { name: path, path, bytes }
  }
  return undefined
}

/**
 * The Dockerfile of a context that is a tree, such as an archive; `file` is `-f`, from the tree's root. CONTEXT_INVALID when
 * it is not there.
 */
export async function findDockerfileInTree(tree: FileTree, file: string | undefined): Promise<DockerfileSource> {
  for (const name of file === undefined ? defaultNames : [file]) {
    const { path, entry } = resolvePath(tree, bytesOf(name), { followLast: true })
    if (entry?.type !== 'file') continue
    if (entry.size > maxSize) throw tooLarge(name)
    const pieces: Uint8Array[] = []
    for await (const piece of tree.open(path)) pieces.push(piece)
    return { name, path: undefined, bytes: Buffer.concat(pieces) }
  }
  throw notFound(file ?? 'Dockerfile', 'the archive', tree.list('').map(textOf))
}

/** Undefined when nothing is there. */
function readIfThere(path: string): Uint8Array | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false })
    if (stats === undefined) return undefined
    if (!stats.isFile()) {
      throw new IbuildError('CONTEXT_INVALID', `the Dockerfile ${path} is not a regular file`, {
        hint: 'Name a file with -f, or -f - to read it from stdin.',
      })
    }
    if (stats.size > maxSize) throw tooLarge(path)
    return readFileSync(path)
  } catch (cause) {
    const errno = errnoOf(cause)
    if (errno === undefined) throw cause
    if (errno === 'ENOTDIR') return undefined
    throw new IbuildError('CONTEXT_INVALID', `cannot read the Dockerfile ${path}: ${errno}`, { cause })
  }
}

function tooLarge(name: string): IbuildError {
  return new IbuildError('CONTEXT_INVALID', `the Dockerfile ${name} is larger than ${maxSize} bytes`)
}

function missing(file: string, path: string): IbuildError {
  return notFound(file, dirname(path), namesIn(dirname(path)))
}

function notFound(file: string, where: string, names: readonly string[]): IbuildError {
  const wanted = basename(file)
  const similar = suggest(wanted, names)
  const alike = names.filter((name) => /docker|container/i.test(name) && !name.endsWith('ignore')).slice(0, 5)
  const others = similar !== undefined && !alike.includes(similar) ? [similar, ...alike] : alike
  const hint = others.length === 0 ? 'Name it with -f.' : `There is ${others.join(', ')}: name it with -f.`
  return new IbuildError('CONTEXT_INVALID', `there is no ${file} in ${where}`, { hint })
}

function namesOfContext(root: string): readonly string[] {
  try {
    return readdirSync(root)
  } catch (cause) {
    const message = `cannot list the build context ${root}: ${errnoOf(cause) ?? String(cause)}`
    throw new IbuildError('CONTEXT_INVALID', message, {
      cause,
      hint: 'Change its permissions, or build as another user.',
    })
  }
}

/** None when the directory cannot be read. */
function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

/** Short when it lies in the context. */
function shownName(path: string, root: string): string {
  const inside = relative(root, path)
  return inside === '' || inside.startsWith('..') ? path : inside
}
