import test from 'ava'
import fc from 'fast-check'
import { concealParts, concealUrls, environmentParts } from './conceal.ts'

const digest = (text: string): string => `<${text.length}>`

const urls: [text: string, concealed: string][] = [
  ['https://host/path', 'https://host/path'],
  ['https://host:8080/path', 'https://host:8080/path'],
  ['https://user:pass@host/path', 'https://<9>@host/path'],
  ['https://token@host/path', 'https://<5>@host/path'],
  ['git+ssh://git@host:repo', 'git+ssh://<3>@host:repo'],
  ['https://u:p@ss@host/', 'https://<6>@host/'],
  ['https://u:p/ss@host/', 'https://<6>@host/'],
  ['https://host/a@b', 'https://host/a@b'],
  ['curl "https://u:p@a" https://v:q@b', 'curl "https://<3>@a" https://<3>@b'],
  ['a@b', 'a@b'],
  ['HTTP://U:P@h', 'HTTP://<3>@h'],
]
for (const [text, concealed] of urls) {
  test(`in a URL: ${text}`, (t) => t.is(concealUrls(text, digest), concealed))
}

test('no password of a URL stays, whatever is around it', (t) => {
  const word = fc.stringMatching(/^[a-z0-9%:@/?#.-]{0,8}$/)
  fc.assert(
    fc.property(word, word, (user, rest) => {
      const text = concealUrls(`https://${user.replace(/[@/?#:]/g, '')}:Secret1@host${rest}`, digest)
      t.false(text.includes('Secret1'))
    }),
    { numRuns: 300 },
  )
})

test('an environment has digests for secrets', (t) => {
  const env = ['PATH=/bin', 'API_TOKEN=hunter2', 'EMPTY_TOKEN=', 'A=b=c', 'PIN_KEY=1']
  t.deepEqual(environmentParts(env, digest), [
    { name: 'env PATH', value: '/bin' },
    { name: 'env API_TOKEN', value: '<7>' },
    { name: 'env EMPTY_TOKEN', value: '' },
    { name: 'env A', value: 'b=c' },
    { name: 'env PIN_KEY', value: '<1>' },
  ])
})

const parts: [name: string, value: string, concealedName: string, concealedValue: string][] = [
  ['env LINE', 'x hunter2 y hunter2', 'env LINE', 'x <7> y <7>'],
  ['destination', '/srv/hunter2/', 'destination', '/srv/<7>/'],
  ['content of hunter2/a', 'a sha256:1', 'content of <7>/a', 'a sha256:1'],
  ['command', JSON.stringify(['sh', 'say "se\ncret" hunter2']), 'command', '["sh","say \\"<8>\\" <7>"]'],
  ['env URL', 'https://hunter2@host/', 'env URL', 'https://<3>@host/'],
  ['env N', '10', 'env N', '10'],
]
for (const [name, value, concealedName, concealedValue] of parts) {
  test(`a secret that a part repeats: ${name}`, (t) => {
    const secrets = ['hunter2', 'se\ncret', '1']
    t.deepEqual(concealParts([{ name, value }], secrets, digest), [{ name: concealedName, value: concealedValue }])
  })
}
