import {
  appendFileSync,
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { lsetxattr, mknod } from '../../shared/sys/native.ts'
import { type Random, randomFrom } from '../testing/random.ts'

const names = ['a', 'b', 'c', 'd', 'e', 'new']

type Change = (random: Random, paths: readonly string[], fresh: string) => void

const changes: readonly Change[] = [
  (random, _paths, fresh) => writeFileSync(fresh, random.pick(['', 'text', 'w'.repeat(5000)]), { flag: 'wx' }),
  (_random, _paths, fresh) => mkdirSync(`${fresh}/deep/er`, { recursive: true }),
  (random, paths) => rmSync(random.pick(paths), { recursive: true }),
  (random, paths) => rmSync(random.pick(paths), { recursive: true }),
  (random, paths) => {
    const path = random.pick(paths)
    rmSync(path, { recursive: true })
    mkdirSync(path)
  },
  (random, paths) => appendFileSync(random.pick(filesOf(paths)), 'more'),
  (random, paths, fresh) => renameSync(random.pick(filesOf(paths)), fresh),
  (random, paths, fresh) => linkSync(random.pick(filesOf(paths)), fresh),
  (random, _paths, fresh) => symlinkSync(random.pick(['a', '/b', '../c']), fresh),
  (random, paths) => chmodSync(random.pick(dirsAndFilesOf(paths)), random.pick([0o600, 0o755, 0o4755])),
  (random, paths) => chownSync(random.pick(dirsAndFilesOf(paths)), 5, 6),
  (random, paths) => lsetxattr(random.pick(dirsAndFilesOf(paths)), 'user.run', Buffer.from('yes')),
  (_random, _paths, fresh) => mknod(fresh, 0o010644, 0, 0),
]

/** Changes a tree as the commands of a RUN might; those that cannot be done where they were drawn are passed over. */
export function changeTree(root: string, seed: number): void {
  const random = randomFrom(seed)
  for (let i = 0; i < 25; i++) {
    const paths = allPaths(root)
    const dirs = [root, ...paths.filter((path) => lstatSync(path).isDirectory())]
    const fresh = `${random.pick(dirs)}/${random.pick(names)}`
    const change = random.pick(changes)
    try {
      change(random, paths, fresh)
    } catch (error) {
      if (!(error instanceof RangeError) && !passedOver.test(String(error))) throw error
    }
  }
}

const passedOver = /EEXIST|EISDIR|ENOTDIR|EXDEV|ENOTEMPTY|ENOENT|ERR_FS_EISDIR/

/** Paths in UTF-8; the tree may have others, which stay as they are. */
function allPaths(root: string): string[] {
  return readdirSync(root, { withFileTypes: true }).flatMap((entry) => {
    const path = `${root}/${entry.name}`
    if (path.includes('\uFFFD')) return []
    return entry.isDirectory() ? [path, ...allPaths(path)] : [path]
  })
}

function filesOf(paths: readonly string[]): string[] {
  return paths.filter((path) => lstatSync(path).isFile())
}

function dirsAndFilesOf(paths: readonly string[]): string[] {
  return paths.filter((path) => lstatSync(path).isFile() || lstatSync(path).isDirectory())
}
