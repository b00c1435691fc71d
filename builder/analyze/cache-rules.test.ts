import test from 'ava'
import { cacheRuleOf, cacheRules } from './cache-rules.ts'

const rows: [directory: string, name: string][] = [
  ['var/lib/apt/lists', 'apt package lists'],
  ['var/cache/apt', 'apt archives'],
  ['var/cache/apk', 'apk cache'],
  ['etc/apk/cache', 'apk cache'],
  ['var/cache/dnf', 'dnf and yum cache'],
  ['var/cache/yum', 'dnf and yum cache'],
  ['var/cache/libdnf5', 'dnf and yum cache'],
  ['var/cache/zypp', 'zypper cache'],
  ['var/cache/pacman/pkg', 'pacman cache'],
  ['root/.cache/pip', 'pip cache'],
  ['home/app/.cache/pip', 'pip cache'],
  ['root/.cache/uv', 'uv cache'],
  ['root/.npm', 'npm cache'],
  ['usr/local/share/.cache/yarn', 'yarn cache'],
  ['root/.cache/yarn', 'yarn cache'],
  ['root/.yarn/berry/cache', 'yarn cache'],
  ['root/.local/share/pnpm/store', 'pnpm store'],
  ['root/.cache/pnpm', 'pnpm store'],
  ['root/.cache/go-build', 'go build and module cache'],
  ['go/pkg/mod', 'go build and module cache'],
  ['root/go/pkg/mod', 'go build and module cache'],
  ['usr/local/cargo/registry', 'cargo registry'],
  ['root/.cargo/git', 'cargo registry'],
  ['root/.composer/cache', 'composer cache'],
  ['root/.cache/composer', 'composer cache'],
  ['usr/local/bundle/cache', 'gem cache'],
  ['usr/lib/ruby/gems/3.3.0/cache', 'gem cache'],
  ['var/lib/gems/3.1.0/cache', 'gem cache'],
  ['root/.bundle/cache', 'gem cache'],
  ['root/.m2/repository', 'maven repository'],
  ['root/.gradle/caches', 'gradle cache'],
  ['app/x/__pycache__', 'compiled Python'],
  ['tmp', 'temporary files'],
  ['var/tmp', 'temporary files'],
  ['app/.git', 'version control data'],
  ['.hg', 'version control data'],
  ['srv/.svn', 'version control data'],
  ['srv/.bzr', 'version control data'],
]
for (const [directory, name] of rows) {
  test(`/${directory} is ${name}`, (t) => t.is(cacheRules[cacheRuleOf(directory, -1)]?.name, name))
}

test('every rule has a row above, so that its name is among those looked up', (t) => {
  const named = new Set(rows.map(([, name]) => name))
  t.deepEqual(
    cacheRules.filter(({ name }) => !named.has(name)),
    [],
  )
})

test('other directories are no caches', (t) => {
  for (const directory of [
    '',
    'app',
    'app/tmp',
    'app/cache',
    'usr/lib/apt',
    'lists',
    'home/.npm',
    'app/.github',
    'opt/root/.npm',
  ]) {
    t.is(cacheRuleOf(directory, -1), -1, directory)
  }
})

test('what lies in a cache belongs to it, whatever its name', (t) => {
  t.is(cacheRuleOf('tmp/x/.git', 3), 3)
})
