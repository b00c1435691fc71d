import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { repository } from '../../scripts/repository.ts'

interface Package {
  readonly version?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const { packages } = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, Package>>
}

/** npm forgets them when it could not fetch their description, and `npm ci` then refuses the lock file. */
test('the lock file has the packages of every platform', (t) => {
  const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
  const absent = wanted.filter((name) => packages[`node_modules/${name}`] === undefined)
  t.true(wanted.length > 50)
  t.deepEqual(absent, [])
})

test('the lock file pins what package.json names', (t) => {
  const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>
    readonly devDependencies: Readonly<Record<string, string>>
  }
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
    t.is(packages[`node_modules/${name}`]?.version, version, name)
  }
})
