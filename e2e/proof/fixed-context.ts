import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { runOk } from '../testing/run.ts'

type Make = (file: string) => void

const text =
  (content: string, mode = 0o644): Make =>
  (file) => {
    writeFileSync(file, content)
    chmodSync(file, mode)
  }
const folder =
  (mode: number): Make =>
  (file) => {
    mkdirSync(file, { recursive: true })
    chmodSync(file, mode)
  }

/** What a tree can hold that root is not needed for: modes, links, long and foreign names, contents of several sizes. */
const entries: Readonly<Record<string, Make>> = {
  'tree/empty': text(''),
  'tree/run.sh': text('#!/bin/sh\necho hi\n', 0o755),
  'tree/secret': text('secret', 0o400),
  'tree/block': text('b'.repeat(512)),
  'tree/large': text('0123456789abcdef'.repeat(40_000)),
  'tree/link': (file) => symlinkSync('../a/very/far/target', file),
  'tree/sub': folder(0o755),
  'tree/sub/deeper': folder(0o2775),
  'tree/sub/deeper/file': text('deep'),
  'tree/sub.txt': text('sorts between sub and sub/'),
  'tree/closed': folder(0o700),
  'tree/caf\u00e9 \u540d\u524d': text('name in UTF-8'),
  [`tree/${'long-'.repeat(30)}name`]: text('name of more than 100 bytes'),
  one: text('1'),
  two: text('2', 0o600),
  ...Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`tree/many/f${i}`, text(`${i}`)])),
}

const dockerfile = [
  'FROM scratch AS first',
  'COPY tree/ /',
  'ADD archive.tar.gz /',
  'FROM first',
  'COPY --chown=7:8 --chmod=751 one two /sub/',
  'COPY tree/s* /many/',
  'COPY --from=first /sub /closed',
]

/**
 * Makes the same context in whatever order `order` puts its names, with the same times to the nanosecond. All it holds has
 * times of its own, so nothing that is copied from it has the time of the build.
 */
export async function makeFixedContext(context: string, order: (names: string[]) => readonly string[]): Promise<void> {
  mkdirSync(context)
  for (const name of order(Object.keys(entries))) {
    mkdirSync(dirname(join(context, name)), { recursive: true, mode: 0o755 })
    entries[name]?.(join(context, name))
  }
  writeFileSync(join(context, 'Dockerfile'), dockerfile.join('\n'))
  await runOk('find', ['.', '-exec', 'touch', '-h', '-d', '@1700000000.123456789', '{}', '+'], { cwd: context })
  const fixed = ['--sort=name', '--mtime=@1600000000', '--owner=5', '--group=6', '--mode=u=rwX,go=rX', '--format=gnu']
  await runOk('tar', [...fixed, '-C', join(context, 'tree'), '-czf', join(context, 'archive.tar.gz'), 'many', 'empty'])
}
