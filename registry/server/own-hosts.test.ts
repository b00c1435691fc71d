import test from 'ava'
import { parseName } from '../protocol/names.ts'
import { configOf, settingsOf } from './config/read.ts'
import { currentGunNames, ownHosts } from './own-hosts.ts'

const cases: readonly (readonly [config: object, url: string, hosts: readonly string[]])[] = [
  [{}, 'http://127.0.0.1:5000', ['127.0.0.1:5000', 'localhost:5000', '[::1]:5000']],
  [{ listen: '127.0.0.1:0' }, 'http://127.0.0.1:41234', ['127.0.0.1:41234', 'localhost:41234', '[::1]:41234']],
  [{ listen: ':5000' }, 'http://[::]:5000', ['localhost:5000', '127.0.0.1:5000', '[::1]:5000']],
  [
    { listen: ':443', tls: { mode: 'auto', names: ['Registry.example.org', '*.example.org', '10.0.0.7'] } },
    'https://[::]',
    [
      'localhost:443',
      'localhost',
      '127.0.0.1:443',
      '127.0.0.1',
      '[::1]:443',
      '[::1]',
      'registry.example.org:443',
      'registry.example.org',
      '10.0.0.7:443',
      '10.0.0.7',
    ],
  ],
  [{ hosts: ['registry.example.org'] }, 'http://127.0.0.1:5000', ['registry.example.org']],
]

for (const [config, url, hosts] of cases) {
  test(`${JSON.stringify(config)} at ${url} is called ${hosts.join(', ')}`, (t) => {
    t.deepEqual([...ownHosts(configOf([settingsOf(config, 'f.yml')]), url)].sort(), [...hosts].sort())
  })
}

for (const host of [
  'https://localhost',
  'localhost:5000/',
  'Localhost:5000',
  'a_b:5000',
  '*.example.org',
  '',
  'localhost:0',
]) {
  test(`${JSON.stringify(host)} is no name of a registry`, (t) => {
    t.throws(() => configOf([settingsOf({ hosts: [host] }, 'f.yml')]), { code: 'SERVER_CONFIG_INVALID' })
  })
}

test('other names are in force after a reload', (t) => {
  const inForce = { config: configOf([settingsOf({}, 'f.yml')]) }
  const names = currentGunNames(inForce, () => 'http://127.0.0.1:5000')
  t.is(names().repositoryOf('localhost:5000/app'), names().repositoryOf('127.0.0.1:5000/app'))
  t.is(names().repositoryOf('registry.example.org/app'), undefined)
  t.is(names(), names())
  inForce.config = configOf([settingsOf({ hosts: ['registry.example.org'] }, 'f.yml')])
  t.is(names().repositoryOf('registry.example.org/app'), parseName('app'))
  t.is(names().repositoryOf('localhost:5000/app'), undefined)
})
