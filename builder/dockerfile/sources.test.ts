import test from 'ava'
import { checkSources, remoteKind } from './sources.ts'

const rows: readonly (readonly [string, 'url' | 'git' | undefined])[] = [
  ['http://example.com/a', 'url'],
  ['https://example.com', 'url'],
  ['https://example.com/a.git', 'git'],
  ['https://example.com/a.git#main:dir', 'git'],
  ['https://example.com/a.git?ref=main', 'git'],
  ['https://example.com/a.gitx', 'url'],
  ['https://example.com/a?x=.git', 'url'],
  ['git://example.com/a', 'git'],
  ['ssh://git@example.com/a', 'git'],
  ['git@example.com:a/b.git', 'git'],
  ['github.com/a/b', undefined],
  ['ftp://example.com/a', undefined],
  ['HTTP://example.com/a', undefined],
  ['a@b', undefined],
  ['a/b@c:d', undefined],
  ['./http://x', undefined],
  ['dir/file.git', undefined],
  ['.', undefined],
]

for (const [source, kind] of rows) {
  test(`remoteKind ${source}`, (t) => {
    t.is(remoteKind(source), kind)
  })
}

test('only paths pass, and the error names the place', (t) => {
  const location = { file: 'Dockerfile', startLine: 2, endLine: 2, text: '' }
  t.notThrows(() => checkSources('COPY', ['a', 'b*'], location))
  t.throws(() => checkSources('COPY', ['a', 'https://x/y'], location), { code: 'DOCKERFILE_SYNTAX' })
  t.like(
    t.throws(() => checkSources('ADD', ['https://x/y'], location)),
    { code: 'NOT_SUPPORTED', location },
  )
})
