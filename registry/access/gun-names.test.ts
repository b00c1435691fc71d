import test from 'ava'
import { parseName } from '../protocol/names.ts'
import { gunNames } from './gun-names.ts'

const names = gunNames(['localhost:5000', '[::1]:5000', 'registry.example.org', 'localhost:5000'])

for (const [gun, repository] of [
  ['localhost:5000/app', 'app'],
  ['localhost:5000/team/sub/app', 'team/sub/app'],
  ['[::1]:5000/team/app', 'team/app'],
  ['registry.example.org/app', 'app'],
] as const) {
  test(`${gun} is the collection of the repository ${repository}`, (t) => {
    t.is(names.repositoryOf(gun), parseName(repository))
  })
}

for (const gun of [
  '',
  'app',
  'team/app',
  '/app',
  'localhost/app',
  'localhost:5001/app',
  'LOCALHOST:5000/app',
  'localhost:5000',
  'localhost:5000/',
  'localhost:5000//app',
  'localhost:5000/../app',
  'localhost:5000/App',
  'localhost:5000/app/',
  'localhost:5000/app:1',
  'registry.example.org:443/app',
  'evil.example.org/registry.example.org/app',
  'xregistry.example.org/app',
]) {
  test(`${JSON.stringify(gun)} is no collection of a repository here`, (t) => {
    t.is(names.repositoryOf(gun), undefined)
  })
}

test('a repository may have a collection under each name of the registry', (t) => {
  t.deepEqual(names.gunsOf(parseName('team/app')), [
    'localhost:5000/team/app',
    '[::1]:5000/team/app',
    'registry.example.org/team/app',
  ])
})
