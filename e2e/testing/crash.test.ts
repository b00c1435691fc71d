import { readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { crashEnv, diskCalls, keepCode, makeKiller } from './crash.ts'
import { parseStrace } from './disk-model.ts'
import { needs } from './needs.ts'
import { requireProgram } from './programs.ts'
import { runOk } from './run.ts'
import { temporaryFolder } from './temporary.ts'

/** What the library calls the calls of the kernel; all others that it counts keep their names. */
const kinds: readonly (readonly [RegExp, string])[] = [
  [/^p?write(?:v|64|v2)?$/, 'write'],
  [/^(?:fsync|fdatasync|syncfs)$/, 'fsync'],
  [/^(?:copy_file_range|sendfile)$/, 'copy'],
  [/^renameat2?$/, 'rename'],
  [/^openat$/, 'open'],
  [/^(\w+)at$/, '$1'],
  [/^ftruncate$/, 'truncate'],
]

const traced =
  'open,openat,write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync,syncfs,ftruncate,copy_file_range,sendfile,' +
  'link,linkat,symlink,symlinkat,rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat'

/** `write /path` for each call in a log of strace that is one on the folder. */
function callsOn(folder: string, log: string): string[] {
  return parseStrace(log).flatMap(({ call, args }) => {
    const named = [/^\d+<([^>]*)>/.exec(args)?.[1], ...[...args.matchAll(/"([^"]*)"/g)].map(([, name]) => name)]
    const opened = /^\d/.test(args)
    const file = named.slice(0, opened ? 1 : 3).find((name) => name === folder || name?.startsWith(`${folder}/`))
    const reads = call.startsWith('open') && !/O_CREAT|O_TRUNC|O_TMPFILE/.test(args)
    const [pattern, name = call] = kinds.find(([one]) => one.test(call)) ?? []
    const kind = /AT_REMOVEDIR/.test(args) ? 'rmdir' : pattern === undefined ? call : call.replace(pattern, name)
    return file === undefined || reads ? [] : [`${kind} ${file}`]
  })
}

for (const [what, script, args] of [
  ['a store', '../../builder/store/testing/writer.ts', ['new', 'gc']],
  ['the blobs of a registry', '../registry/stores/blob-writer.ts', ['told', 'x']],
  ['the images of a registry', '../registry/stores/registry-writer.ts', ['told', 'before']],
] as const) {
  needs(
    test,
    'gcc',
    'strace',
  )(`what kills at each call sees all that the kernel sees: ${what}`, async (t) => {
    const folder = temporaryFolder(t)
    const root = path.join(folder, 'root')
    const [log, trace] = [path.join(folder, 'calls'), path.join(folder, 'trace')]
    const env = crashEnv(0, { library: await makeKiller(folder), log, within: root, calls: [...diskCalls, 'fsync'] })
    const flags = ['-f', '-q', '-y', '-s', '4096', '-o', trace, '-e', `trace=${traced}`]
    const preload = Object.entries(env).flatMap(([name, value]) => ['-E', `${name}=${value}`])
    const command = [process.execPath, path.join(import.meta.dirname, script), root, ...args]
    await runOk(requireProgram('strace'), flags.concat(preload, command), { env: keepCode, cwd: folder })
    const counted = readFileSync(log, 'utf8').trim().split('\n')
    t.true(counted.length > 80)
    t.deepEqual(counted.sort(), callsOn(root, readFileSync(trace, 'utf8')).sort())
  })
}
