import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import test from 'ava'
import { needs } from '../testing/needs.ts'
import { runOk } from '../testing/run.ts'
import { temporaryFolder } from '../testing/temporary.ts'

const context = new URL('../../builder/context/directory.ts', import.meta.url).href
const select = new URL('../../builder/copy/select-sources.ts', import.meta.url).href

const script = `
  const { openDirectoryContext } = await import(${JSON.stringify(context)})
  const { selectSources } = await import(${JSON.stringify(select)})
  const source = openDirectoryContext({ root: process.argv[1], dockerfile: undefined, hashCacheFile: process.argv[2] })
  const location = { file: 'Dockerfile', startLine: 1, endLine: 1, text: 'COPY . /' }
  const words = { sources: ['.'], inlineFiles: [], destination: '/', workdir: '/', chown: undefined, chmod: undefined, unpack: undefined }
  const { keyParts } = await selectSources({ kind: 'COPY', source, sourceIsImage: false, location, ...words })
  source.close()
  console.log(keyParts[0].value)`

needs(test, 'strace')(
  'an unchanged context costs a walk: no file is opened, each path is looked at once',
  async (t) => {
    const dir = temporaryFolder(t)
    const root = join(dir, 'context')
    const files = 300
    for (let i = 0; i < files; i++) {
      mkdirSync(join(root, `d${i % 10}`), { recursive: true })
      writeFileSync(join(root, `d${i % 10}`, `file-${i}`), `content ${i}`)
    }
    await setTimeout(60)
    const node = [process.execPath, '--input-type=module', '-e', script, root, join(dir, 'hashes')]
    const traced = async (name: string): Promise<{ key: string; opened: string[]; looks: number }> => {
      const log = join(dir, name)
      const { stdout } = await runOk('strace', [
        '-f',
        '-o',
        log,
        '-e',
        'trace=openat,open,statx,lstat,newfstatat',
        ...node,
      ])
      const lines = readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line.includes(`"${root}/`))
      const opened = lines.filter((line) => /\bopen(?:at)?\(/.test(line) && !line.includes('O_DIRECTORY'))
      return {
        key: stdout.trim(),
        opened,
        looks: lines.filter((line) => /\b(?:statx|lstat|newfstatat)\(/.test(line)).length,
      }
    }
    const first = await traced('first')
    t.is(first.opened.filter((line) => line.includes('/file-')).length, files)
    const second = await traced('second')
    t.is(second.key, first.key)
    t.deepEqual(
      second.opened.filter((line) => line.includes('/file-')),
      [],
    )
    t.true(second.looks <= files + 20, `${second.looks} looks`)
    writeFileSync(join(root, 'd3', 'file-3'), 'changed 3')
    const third = await traced('third')
    t.not(third.key, first.key)
    t.is(third.opened.filter((line) => line.includes('/file-')).length, 1)
  },
)
