import { chmodSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Files, MissRow, Place } from './miss-row.ts'

/** Changes a file of the context. */
export const write =
  (name: string, content: string) =>
  ({ context }: Place): void =>
    writeFileSync(join(context, name), content)

/** The context that every row begins with. */
export const sources: Files = { 'src/a.ts': 'a', 'src/b.ts': 'b', 'src/secret.txt': 's', 'a.txt': 'a', 'run.sh': 'run' }
const copySource = ['FROM scratch', 'COPY src /src/'] as const

/** Misses of a step for its own words and the files that it takes. */
export const sourceRows: readonly MissRow[] = [
  {
    name: 'the first build',
    dockerfile: [
      ['FROM scratch', 'COPY a.txt /'],
      ['FROM scratch', 'COPY a.txt /', 'WORKDIR /w'],
    ],
    line: 'first build of this step',
  },
  {
    name: 'the content of a file',
    dockerfile: [['FROM scratch', 'COPY a.txt /']],
    between: write('a.txt', 'other'),
    line: 'content of a.txt changed',
  },
  {
    name: 'the mode of a file',
    dockerfile: [['FROM scratch', 'COPY run.sh /']],
    between: ({ context }) => chmodSync(join(context, 'run.sh'), 0o755),
    line: 'mode of run.sh 0644 -> 0755',
  },
  {
    name: 'a file below',
    dockerfile: [copySource],
    between: write('src/a.ts', 'x'),
    line: 'content of src/a.ts changed',
  },
  {
    name: 'another file than in the last build, which had one more change',
    dockerfile: [copySource],
    async between(place) {
      write('src/a.ts', 'x')(place)
      await place.space.ok(['-q', '-f', join(place.space.folder, 'Dockerfile'), place.context])
      write('src/a.ts', 'a')(place)
      write('src/b.ts', 'x')(place)
    },
    line: 'content of src/b.ts changed',
  },
  { name: 'a new file', dockerfile: [copySource], between: write('src/c.ts', 'x'), line: 'src/c.ts added' },
  {
    name: 'a removed file',
    dockerfile: [copySource],
    between: ({ context }) => rmSync(join(context, 'src/b.ts')),
    line: 'src/b.ts removed',
  },
  {
    name: 'several files',
    dockerfile: [copySource],
    between(place) {
      write('src/a.ts', 'x')(place)
      write('src/c.ts', 'x')(place)
      rmSync(join(place.context, 'src/b.ts'))
    },
    line: '3 files changed, first: content of src/a.ts changed',
  },
  {
    name: 'the whole context',
    dockerfile: [['FROM scratch', 'COPY . /']],
    between: write('src/a.ts', 'x'),
    line: 'content of src/a.ts changed',
  },
  {
    name: 'more files than a record holds',
    files: Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`src/file-${i}`, String(i)])),
    dockerfile: [copySource],
    between: write('src/file-77', 'x'),
    line: 'content of src/file-77 changed',
  },
  {
    name: 'a file that became a link',
    dockerfile: [copySource],
    between({ context }) {
      rmSync(join(context, 'src/b.ts'))
      symlinkSync('a.ts', join(context, 'src/b.ts'))
    },
    line: 'type of src/b.ts file -> symlink',
  },
  {
    name: 'where a link leads',
    dockerfile: [copySource],
    prepare: ({ context }) => symlinkSync('a', join(context, 'src/link')),
    between({ context }) {
      rmSync(join(context, 'src/link'))
      symlinkSync('b', join(context, 'src/link'))
    },
    line: 'link target of src/link a -> b',
  },
  {
    name: 'a name that would end the line',
    dockerfile: [copySource],
    between: write('src/x\n#1 CACHED', ''),
    line: 'src/x\\x0a#1 CACHED added',
  },
  {
    name: 'a new ignore file',
    dockerfile: [copySource],
    between: write('.dockerignore', 'src/secret.txt\n'),
    line: 'src/secret.txt removed (.dockerignore was added)',
  },
  {
    name: 'a changed ignore file',
    files: { '.dockerignore': 'src/secret.txt\n' },
    dockerfile: [copySource],
    between: write('.dockerignore', 'src/b.ts\nsrc/a.ts\n'),
    line: '3 files changed, first: src/a.ts removed (.dockerignore changed)',
  },
  {
    name: 'a removed ignore file',
    files: { '.dockerignore': 'src/secret.txt\n' },
    dockerfile: [copySource],
    between: ({ context }) => rmSync(join(context, '.dockerignore')),
    line: 'src/secret.txt added (.dockerignore was removed)',
  },
  {
    name: 'what a wildcard matches',
    dockerfile: [['FROM scratch', 'COPY *.txt /']],
    between: write('b.txt', 'b'),
    line: 'matches of *.txt: b.txt added',
  },
  {
    name: 'another source',
    dockerfile: [
      ['FROM scratch', 'COPY a.txt /'],
      ['FROM scratch', 'COPY run.sh /'],
    ],
    line: 'source a.txt -> run.sh',
  },
  {
    name: 'the destination',
    dockerfile: [
      ['FROM scratch', 'COPY a.txt /a'],
      ['FROM scratch', 'COPY a.txt /b'],
    ],
    line: 'destination /a -> /b',
  },
  {
    name: 'a secret in a destination',
    dockerfile: [['FROM scratch', 'ARG API_TOKEN', 'COPY a.txt /$API_TOKEN/']],
    flags: [
      ['--build-arg', 'API_TOKEN=hunter2-one'],
      ['--build-arg', 'API_TOKEN=hunter2-two'],
    ],
    line: 'destination changed (value not shown)',
  },
  {
    name: 'a secret in the name of a source',
    files: { 'in-hunter2-one/f': 'f' },
    dockerfile: [['FROM scratch', 'ARG API_TOKEN', 'COPY in-$API_TOKEN /']],
    flags: [
      ['--build-arg', 'API_TOKEN=hunter2-one'],
      ['--build-arg', 'API_TOKEN=hunter2-one'],
    ],
    between: write('in-hunter2-one/f', 'other'),
    line: 'content of in-***/f changed',
  },
  {
    name: '--chown',
    dockerfile: [
      ['FROM scratch', 'COPY a.txt /'],
      ['FROM scratch', 'COPY --chown=1 a.txt /'],
    ],
    line: '--chown (none) -> 1',
  },
  {
    name: '--chmod',
    dockerfile: [
      ['FROM scratch', 'COPY src /'],
      ['FROM scratch', 'COPY --chmod=600 src /'],
    ],
    line: '--chmod (none) -> 600',
  },
  {
    name: '--unpack',
    dockerfile: [
      ['FROM scratch', 'ADD a.txt /'],
      ['FROM scratch', 'ADD --unpack=false a.txt /'],
    ],
    line: '--unpack (none) -> false',
  },
  {
    name: 'a heredoc file',
    dockerfile: [
      ['FROM scratch', 'COPY <<f /', 'x', 'f'],
      ['FROM scratch', 'COPY <<f /', 'y', 'f'],
    ],
    line: 'heredoc file f changed',
  },
  {
    name: 'the directory of a WORKDIR',
    dockerfile: [
      ['FROM scratch', 'WORKDIR /w'],
      ['FROM scratch', 'WORKDIR /x'],
    ],
    line: 'directory /w -> /x',
  },
  {
    name: 'another instruction in the place',
    dockerfile: [
      ['FROM scratch', 'COPY a.txt /'],
      ['FROM scratch', 'ADD a.txt /'],
    ],
    line: 'another instruction: COPY -> ADD',
  },
]
